/**
 * The package with the emulator and Bench's rules in Docker. It is separate, so that a stack of images and workspaces does
 * not install a web server, an SSH server and a client of Docker's API.
 */
const name = "pulumi-ica-emulator";

/** The message when a feature needs the package and it is not installed, with how to install it. */
export function missingEmulator(feature: string): string {
  return `${feature} needs the package ${name}, which is not installed. Install it beside pulumi-ica: npm install --save-dev ${name}`;
}

/** Whether an error of `require` means that the package is missing, and not that something in it is broken. */
export function isEmulatorMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    error.code === "MODULE_NOT_FOUND" &&
    error.message.split("\n", 1)[0]?.includes(`'${name}`) === true
  );
}
