import { createHash } from "node:crypto";
import type { BenchImageInputs } from "./inputs";
import { shortHashLength } from "./inputs";

/** Names derived from the content, so that any machine recognises what another one has done. */

/** The default version: the first digits of the content hash. */
export function versionFor(contextHash: string): string {
  return contextHash.slice(0, shortHashLength);
}

type Named = Pick<BenchImageInputs, "name" | "version" | "contextHash" | "folder" | "archive">;

/** What tells an image from all others. */
type ImageIdentity = Pick<BenchImageInputs, "name" | "version" | "contextHash">;

/** The archive as a file of the project, as far as the image's inputs decide. */
export interface ArchiveTarget {
  readonly projectId: string;
  readonly folder: string;
  readonly name: string;
  readonly path: string;
  readonly compression: BenchImageInputs["archive"]["compression"];
  readonly image: ImageIdentity;
}

export function archiveTarget(inputs: Named & Pick<BenchImageInputs, "projectId">): ArchiveTarget {
  const { projectId, folder, archive, name, version, contextHash } = inputs;
  return {
    projectId,
    folder,
    name: archiveName(inputs),
    path: archivePath(inputs),
    compression: archive.compression,
    image: { name, version, contextHash },
  };
}

/**
 * Largest number of characters of name and version in the archive's file name. The whole stays well below the 255 of file
 * systems.
 */
const longest = { name: 100, version: 60 } as const;

/**
 * The archive's file name. It contains the hash, since ICA does not overwrite complete files. No two images share a file
 * name, even if case is ignored, as in ICA's paths: when the readable part is ambiguous, a digest is added.
 */
export function archiveName({ name, version, contextHash, archive }: Named): string {
  const ending = archive.compression === "bzip2" ? "tar.bz2" : "tar";
  const content = contextHash.slice(0, shortHashLength);
  const readable = `${fileSafe(name).slice(0, longest.name)}-${fileSafe(version).slice(0, longest.version)}-${content}`;
  // The version contains no dash, so it is clear where the name ends.
  const isWhole = /^[a-z0-9._-]{1,100}$/.test(name) && /^[a-z0-9._]{1,60}$/.test(version);
  return isWhole ? `${readable}.${ending}` : `${readable}_${digestOfNames(name, version)}.${ending}`;
}

function digestOfNames(...names: string[]): string {
  return createHash("sha256").update(JSON.stringify(names)).digest("hex").slice(0, shortHashLength);
}

/** The archive's path in the project. */
export function archivePath(inputs: Named): string {
  return `${inputs.folder}${archiveName(inputs)}`;
}

const tagPrefix = "pulumi-ica:";
const contextPrefix = `${tagPrefix}context=`;
const sha256Prefix = `${tagPrefix}sha256=`;
const imagePrefix = `${tagPrefix}image=`;

/** The technical tags by which runs find the archives again. */
export const nameTag = (name: string): string => `${tagPrefix}name=${name}`;
export const versionTag = (version: string): string => `${tagPrefix}version=${version}`;
export const imageTag = (imageId: string): string => `${imagePrefix}${imageId}`;

/** Technical tags of the archive: its content and the image made from it, for other machines and for users. */
export function archiveTags(
  { name, version, contextHash }: ImageIdentity,
  sha256: string | undefined,
  imageId: string | undefined,
): string[] {
  return [
    `${contextPrefix}${contextHash}`,
    nameTag(name),
    versionTag(version),
    ...(sha256 === undefined ? [] : [`${sha256Prefix}${sha256}`]),
    ...(imageId === undefined ? [] : [imageTag(imageId)]),
  ];
}

/** The archive's tags with this project's tags updated; all other tags stay. */
export function mergeTags(present: readonly (string | null)[] | null | undefined, ours: readonly string[]): string[] {
  return [...(present ?? []).filter((tag): tag is string => tag !== null && !tag.startsWith(tagPrefix)), ...ours];
}

/** What the archive's tags record about its content and the image made from it. */
export function readTags(tags: readonly (string | null)[]): {
  contextHash: string | undefined;
  sha256: string | undefined;
  imageId: string | undefined;
} {
  const after = (prefix: string) =>
    tags.find((tag): tag is string => tag?.startsWith(prefix) === true)?.slice(prefix.length);
  return { contextHash: after(contextPrefix), sha256: after(sha256Prefix), imageId: after(imagePrefix) };
}

/** The name of the built image in the local Docker; Docker's references are lower case. */
export function localReference(inputs: Pick<Named, "name" | "contextHash">): string {
  const name =
    inputs.name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      // A reference has at most 255 characters. The hash keeps two shortened names apart.
      .slice(0, 100)
      .replace(/^-+|(?<!-)-+$/g, "") || "image";
  return `pulumi-ica/${name}:${inputs.contextHash.slice(0, shortHashLength)}`;
}

function fileSafe(part: string): string {
  return part.replace(/[^A-Za-z0-9._-]+/g, "_");
}
