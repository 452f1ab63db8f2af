/**
 * Facts of Bench that the provider, Bench's rules in Docker and the emulator share. The source of each is the vendor's page "Bring
 * Your Own Bench Image" (help.ica.illumina.com/project/p-bench/bring-your-own-bench-image). This file imports nothing.
 */

/** The user that Bench runs every container as; it ignores the image's USER ("Root User"). */
export const benchUid = 1000;
/** The group that Bench runs every container as. */
export const benchGid = 100;
/** The main process of a workspace ("Workspace Lifecycle"). */
export const startScript = "/usr/local/bin/ica_start.sh";
/** The port of web access in the container; Bench opens it only with web access ("Network Access"). */
export const webPort = 8888;
/** The port of SSH in the container; Bench opens it only with console access ("Network Access"). */
export const consolePort = 2222;
/** Seconds between TERM and KILL ("Workspace Lifecycle"). */
export const stopGraceSeconds = 30;

/** The label on everything that this project makes in Docker; not a fact of Bench, but shared in the same way. */
export const dockerLabel = "pulumi-ica";
