import path from "node:path";
import { ContextError, dockerfilePath, hashContents } from "../build-context/hash";
import { isFolder } from "../build-context/is-folder";
import { listContext, readDockerfile } from "../build-context/listing";
import type { Context } from "../context";
import { checkDockerfile } from "../contract/dockerfile/dockerfile";
import type { Finding } from "../contract/finding";
import { rules } from "../contract/rules";
import { beyondClient } from "../docker/build-args";
import { BuilderError, DockerNotFoundError } from "../docker/errors";
import type { CheckFailure, CheckResult } from "../handler";
import type { DockerImage } from "../ica/docker-images";
import { isKnown, type Maybe, type MaybeWithin, unknownValue } from "../inputs/unknown";
import type { Fact } from "../preview-facts";
import { versionFor } from "./identity";
import { type BenchImageInputs, type Build, checkDeclared, type DeclaredImage } from "./inputs";
import { judgeable } from "./judgeable";
import { PublishError } from "./publish-error";
import { checkRegions } from "./regions/check";
import { existingImage } from "./registration/existing-image";
import { findPublished, type Identified, immutableVersion } from "./registration/published";
import { rememberFiles, rememberPublished } from "./remembered";
import { localIdentity } from "./source/local-identity";
import { trialMissing } from "./source/trial";

/**
 * The work of a preview: parses the inputs, computes the identity of the content, checks the Dockerfile for certain
 * failures, and asks ICA whether the version is free. It builds and writes nothing.
 */
export async function checkImage(
  context: Context,
  args: Readonly<Record<string, unknown>>,
  old: BenchImageInputs | undefined,
): Promise<CheckResult<MaybeWithin<BenchImageInputs>>> {
  const { inputs: parsed, failures: wrong } = checkDeclared(context.config, args);
  const refused = [...wrong, ...trialFailures(parsed)];
  const declared = judgeable(parsed, refused);
  // Users cannot declare this. The engine passes the old value when the program sets ignoreChanges: ["contextHash"].
  const pinned =
    typeof args.contextHash === "string" && args.contextHash === old?.contextHash ? args.contextHash : undefined;
  const identity =
    pinned === undefined ? await contentIdentity(context, declared, old) : { contextHash: pinned, failures: [] };
  const inputs = withIdentity(declared, identity.contextHash);
  const sure = [...refused, ...identity.failures];
  if (sure.length > 0) {
    const { failures } = await checkRegions(context, { inputs, declared: args.regions, old, image: undefined });
    return { inputs: withIdentity(parsed, unknownValue), failures: [...sure, ...failures] };
  }
  const identified = newIdentity(inputs, old);
  const published = identified === undefined ? undefined : await findPublished(context, identified);
  if (identified !== undefined && published?.kind === "other") {
    return { inputs, failures: [{ property: "version", reason: immutableVersion(identified, published) }] };
  }
  if (published !== undefined) {
    context.noteFacts?.({ kind: "published", there: published.kind === "same" });
  }
  const beyond =
    published?.kind === "absent" && isKnown(inputs.build) ? await clientFailures(context, inputs.build) : [];
  if (identified !== undefined && published?.kind === "same") {
    rememberPublished(context, identified, published.image.id);
  }
  const existing = await takenOver(context, inputs, old);
  const image = published?.kind === "same" ? published.image : existing.image;
  const { regions, failures: unknownRegions } = await checkRegions(context, {
    inputs,
    declared: args.regions,
    old,
    image,
  });
  return {
    inputs: regions === undefined ? inputs : { ...inputs, regions },
    failures: [...existing.failures, ...beyond, ...unknownRegions],
  };
}

/** A declaration, with the identity of its content if that is known. */
function withIdentity(
  declared: MaybeWithin<DeclaredImage & { projectId: string }>,
  contextHash: Maybe<string>,
): MaybeWithin<BenchImageInputs> {
  return {
    ...declared,
    contextHash,
    version: declared.version ?? (contextHash === unknownValue ? unknownValue : versionFor(contextHash)),
  };
}

function trialFailures({ verify }: MaybeWithin<DeclaredImage>): CheckFailure[] {
  const reason = verify === "run" ? trialMissing() : undefined;
  return reason === undefined ? [] : [{ property: "verify", reason }];
}

interface Identity {
  readonly contextHash: Maybe<string>;
  readonly failures: readonly CheckFailure[];
}

async function contentIdentity(
  context: Context,
  declared: MaybeWithin<DeclaredImage>,
  old: BenchImageInputs | undefined,
): Promise<Identity> {
  const { build, image, existingId } = declared;
  if (existingId !== undefined) {
    return { contextHash: old?.existingId === existingId ? old.contextHash : "", failures: [] };
  }
  if (!isKnown(build) || !isKnown(image)) {
    return { contextHash: unknownValue, failures: [] };
  }
  if (build !== undefined) {
    return buildIdentity(context, declared, build);
  }
  const local = await localIdentity(context, image ?? "", old);
  return "problem" in local
    ? { contextHash: unknownValue, failures: [{ property: "image", reason: local.problem }] }
    : { contextHash: local.contextHash, failures: [] };
}

async function buildIdentity(context: Context, declared: MaybeWithin<DeclaredImage>, build: Build): Promise<Identity> {
  if (!isFolder(build.context)) {
    const reason = `ICA018 ${build.context} is not a folder that is there. ${rules.ICA018.fix}`;
    return { contextHash: unknownValue, failures: [{ property: "build.context", reason }] };
  }
  const dockerfile = dockerfilePath(build);
  let text: Buffer;
  try {
    text = await readDockerfile(build);
  } catch (error) {
    if (!(error instanceof ContextError)) {
      throw error;
    }
    const property = build.dockerfile === undefined ? "build.context" : "build.dockerfile";
    return {
      contextHash: unknownValue,
      failures: [{ property, reason: `cannot read the Dockerfile: ${error.message}` }],
    };
  }
  const access = isKnown(declared.access) ? declared.access : { web: false, console: false };
  const listing = await listContext(build).catch(contextError);
  const files = listing instanceof ContextError ? undefined : listing;
  const findings = declared.verify === "none" ? [] : checkDockerfile(text.toString("utf8"), { access, build, files });
  for (const finding of findings) {
    context.noteFacts?.(factOf(finding, dockerfile, build));
  }
  for (const { code, message, line } of findings.filter(({ severity }) => severity === "warning")) {
    context.log.warn(`${code} ${path.basename(dockerfile)}${line === undefined ? "" : `:${line}`} ${message}`);
  }
  const failures = findings
    .filter(({ severity }) => severity === "error")
    .map(({ code, line, message, fix }) => ({
      property: build.dockerfile === undefined ? "build" : "build.dockerfile",
      reason: `${code} ${path.basename(dockerfile)}${line === undefined ? "" : `:${line}`} ${message}. ${fix}`,
    }));
  const contents =
    listing instanceof ContextError ? listing : await hashContents(build, text, listing).catch(contextError);
  if (contents instanceof ContextError) {
    return {
      contextHash: unknownValue,
      failures: [...failures, { property: contents.property, reason: contents.message }],
    };
  }
  rememberFiles(context, contents);
  return { contextHash: contents.contextHash, failures };
}

/** A problem with the context, to report with the others; any other error is thrown. */
function contextError(error: unknown): ContextError {
  if (error instanceof ContextError) {
    return error;
  }
  throw error;
}

function factOf({ code, severity, message, fix, line = 1, at }: Finding, dockerfile: string, build: Build): Fact {
  const file = at === undefined ? dockerfile : path.resolve(build.context, at.file);
  return { kind: "finding", code, severity, file, line: at?.line ?? line, message, fix };
}

/** Checks the image to adopt by its id, unless it was already adopted as declared. */
async function takenOver(
  context: Context,
  inputs: MaybeWithin<BenchImageInputs>,
  old: BenchImageInputs | undefined,
): Promise<{ image?: DockerImage; failures: CheckFailure[] }> {
  const { existingId, name, version } = inputs;
  if (existingId === undefined || !isKnown(existingId)) {
    return { failures: [] };
  }
  if (old?.existingId === existingId && old.name === name && old.version === version) {
    return { failures: [] };
  }
  try {
    return { image: await existingImage(context, inputs, existingId), failures: [] };
  } catch (error) {
    if (error instanceof PublishError) {
      return { failures: [{ property: "existingId", reason: error.message }] };
    }
    throw error;
  }
}

/**
 * The identity of a new version, or of the same version with other content, to look for in ICA before anything is built.
 * Undefined when nothing is new or some values are unknown.
 */
function newIdentity(
  { name, version, contextHash, projectId, existingId }: MaybeWithin<BenchImageInputs>,
  old: BenchImageInputs | undefined,
): Identified | undefined {
  if (existingId !== undefined) {
    return undefined;
  }
  if (!isKnown(name) || !isKnown(version) || !isKnown(contextHash) || !isKnown(projectId)) {
    return undefined;
  }
  const isOld = old?.name === name && old.version === version && old.contextHash === contextHash;
  return isOld ? undefined : { name, version, contextHash, projectId };
}

/**
 * What this machine's docker client lacks for the coming build. A preview may run without Docker, so this asks for it only
 * if the build uses such an option.
 */
async function clientFailures(context: Context, build: Build | undefined): Promise<CheckFailure[]> {
  if (build === undefined || beyondClient(build, { builds: "classic" }).length === 0) {
    return [];
  }
  try {
    const docker = await context.docker();
    const failures = beyondClient(build, docker.client).map(({ property, message }) => ({ property, reason: message }));
    if (failures.length === 0 && build.builder !== undefined) {
      await docker.driverOf(build.builder);
    }
    return failures;
  } catch (error) {
    if (error instanceof DockerNotFoundError) {
      return [];
    }
    if (error instanceof BuilderError) {
      return [{ property: "build.builder", reason: error.message }];
    }
    throw error;
  }
}
