import { z } from "zod";
import { type Config, missingProject } from "../config";
import type { CheckFailure, CheckResult } from "../handler";
import { accessSchema, type InputsOf, parseInputs, timeoutsSchema } from "../inputs/inputs";
import { idOf, label, line, word } from "../inputs/text";
import { isKnown, type Maybe, type MaybeWithin } from "../inputs/unknown";
import { type Build, buildSchema } from "./build-inputs";
import { folderSchema } from "./folder";

export type { Build };

/**
 * The fields of an image. The plugin's schema is made from them, too. ICA accepts 1 to 255 characters for name and version, and
 * up to 255 for the description (official OpenAPI document, CreateInternalDockerImage).
 */
export const benchImageShape = {
  name: label,
  version: label.optional(),
  description: line(255).optional(),
  build: buildSchema.optional(),
  image: word.optional(),
  access: accessSchema,
  clusterCompatible: z.boolean().default(false),
  projectId: idOf("a project").optional(),
  folder: folderSchema.default("/bench-images/"),
  regions: z
    .array(idOf("a region, or its code"))
    .min(1, { error: "must name at least one region, or be left out for the project's own" })
    .optional(),
  archive: z
    .strictObject({ compression: z.enum(["bzip2", "none"], { error: 'must be "bzip2" or "none"' }).default("bzip2") })
    .default({ compression: "bzip2" }),
  verify: z.enum(["inspect", "run", "none"], { error: 'must be "inspect", "run" or "none"' }).default("inspect"),
  onDelete: z.enum(["forget", "removeRegions"], { error: 'must be "forget" or "removeRegions"' }).default("forget"),
  existingId: idOf("an image").optional(),
  timeouts: timeoutsSchema.optional(),
};

/** An image as declared, before its identity is known. */
export type DeclaredImage = InputsOf<typeof benchImageShape>;

/** An image as declared, with defaults filled in and the identity of its content. */
export type BenchImageInputs = DeclaredImage & {
  readonly projectId: string;
  readonly version: string;
  /** 64 hex digits: the hash of the build context (docs/context-hash.md), or of the local image's configuration for `image`. */
  readonly contextHash: string;
};

/**
 * Number of digits of the content hash in versions and file names. 12 digits are 48 bits, enough to avoid collisions in one
 * repository.
 */
export const shortHashLength = 12;

/** Parses the declaration and finds every problem that the values alone show. */
export function checkDeclared(
  config: MaybeWithin<Pick<Config, "projectId" | "region">>,
  args: Readonly<Record<string, unknown>>,
): CheckResult<MaybeWithin<DeclaredImage & { projectId: string }>> {
  // The hash is computed, never declared. The engine passes it back with ignoreChanges.
  const { contextHash: _, ...values } = args;
  const { inputs, failures } = parseInputs(benchImageShape, values);
  const projectId = inputs.projectId ?? config.projectId;
  const regions = normaliseRegions(inputs.regions ?? (config.region === undefined ? undefined : [config.region]));
  return {
    inputs: { ...inputs, ...(regions === undefined ? {} : { regions }), projectId: projectId ?? "" },
    failures: [
      ...failures,
      ...acrossFields(inputs),
      ...(projectId === undefined ? [{ property: "projectId", reason: missingProject() }] : []),
    ],
  };
}

function acrossFields(inputs: MaybeWithin<DeclaredImage>): CheckFailure[] {
  const failures: CheckFailure[] = [];
  const { build, image, existingId, access } = inputs;
  const sources = [build, image].filter((source) => source !== undefined).length;
  if (sources === 0 && existingId === undefined) {
    failures.push({
      property: "build",
      reason: "is required: declare build (a context to build) or image (one that the local Docker has)",
    });
  }
  if (sources === 2) {
    failures.push({ property: "image", reason: "cannot be declared beside build: an image has one source" });
  }
  if (sources > 0 && existingId !== undefined) {
    failures.push({
      property: "existingId",
      reason: "cannot be declared beside build or image: it adopts an image that ICA already has",
    });
  }
  if (existingId !== undefined && inputs.version === undefined) {
    failures.push({
      property: "version",
      reason: "is required with existingId, so that the right image is adopted",
    });
  }
  if (typeof build === "object" && build.builder !== undefined && inputs.verify === "run") {
    failures.push({
      property: "verify",
      reason:
        'cannot be "run" with build.builder: a trial needs the image in the local Docker, and from a builder it goes straight to ICA. ' +
        'Declare verify: "inspect", or leave builder out',
    });
  }
  // An existing image may have both turned off in ICA.
  const mayOfferNothing = existingId !== undefined || access === undefined;
  if (!mayOfferNothing && isKnown(access) && access.web === false && access.console === false) {
    failures.push({ property: "access", reason: "needs web, console or both to be true, as the image offers it" });
  }
  return failures;
}

/** Sorts the list and removes duplicates, so that these do not count as a change. */
function normaliseRegions(regions: Maybe<string[] | undefined>): Maybe<string[] | undefined> {
  return Array.isArray(regions) && isKnown(regions) ? [...new Set(regions)].sort() : regions;
}
