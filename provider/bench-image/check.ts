import { stat } from "node:fs/promises";
import path from "node:path";
import { readBuildFile } from "../build-context/build-file";
import { ContextError, dockerfilePath, readContents } from "../build-context/hash";
import type { Context } from "../context";
import { checkDockerfile } from "../contract/dockerfile/dockerfile";
import type { Finding } from "../contract/finding";
import { rules } from "../contract/rules";
import { beyondClient } from "../docker/build-args";
import { BuilderError, DockerNotFoundError } from "../docker/errors";
import type { CheckFailure, CheckResult } from "../handler";
import type { DockerImage } from "../ica/docker-images";
import { hasUnknown, unknownValue } from "../inputs/unknown";
import type { Fact } from "../preview-facts";
import { versionFor } from "./identity";
import { type BenchImageInputs, type Build, checkDeclared, type DeclaredImage } from "./inputs";
import { judgeable } from "./judgeable";
import { PublishError } from "./publish-error";
import { checkRegions } from "./regions/check";
import { existingImage } from "./registration/existing-image";
import { findPublished, immutableVersion, type Published } from "./registration/published";
import { rememberContents, rememberPublished } from "./seen-contents";
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
): Promise<CheckResult<BenchImageInputs>> {
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
  const published = await publishedBefore(context, inputs, old);
  if (published?.kind === "other")
    return { inputs, failures: [{ property: "version", reason: immutableVersion(inputs, published) }] };
  if (published !== undefined) context.noteFacts?.({ kind: "published", there: published.kind === "same" });
  const beyond = published?.kind === "absent" ? await clientFailures(context, inputs.build) : [];
  if (published?.kind === "same") rememberPublished(context, inputs, published.image.id);
  const existing = await takenOver(context, inputs, old);
  const image = published?.kind === "same" ? published.image : existing.image;
  const { regions, failures: unknownRegions } = await checkRegions(context, {
    inputs,
    declared: args.regions,
    old,
    image,
  });
  return {
    inputs: regions === undefined ? inputs : { ...inputs, regions: [...regions] },
    failures: [...existing.failures, ...beyond, ...unknownRegions],
  };
}

function withIdentity(declared: DeclaredImage & { projectId: string }, contextHash: string): BenchImageInputs {
  return {
    ...declared,
    contextHash,
    version: declared.version ?? (contextHash === unknownValue ? unknownValue : versionFor(contextHash)),
  };
}

function trialFailures({ verify }: DeclaredImage): CheckFailure[] {
  const reason = verify === "run" ? trialMissing() : undefined;
  return reason === undefined ? [] : [{ property: "verify", reason }];
}

async function contentIdentity(
  context: Context,
  declared: DeclaredImage,
  old: BenchImageInputs | undefined,
): Promise<{ contextHash: string; failures: CheckFailure[] }> {
  const { build, image, existingId } = declared;
  if (existingId !== undefined)
    return { contextHash: old?.existingId === existingId ? old.contextHash : "", failures: [] };
  if (hasUnknown(build) || hasUnknown(image)) return { contextHash: unknownValue, failures: [] };
  if (build !== undefined) return buildIdentity(context, declared, build);
  const local = await localIdentity(context, image ?? "", old);
  return "problem" in local
    ? { contextHash: unknownValue, failures: [{ property: "image", reason: local.problem }] }
    : { contextHash: local.contextHash, failures: [] };
}

async function buildIdentity(
  context: Context,
  declared: DeclaredImage,
  build: Build,
): Promise<{ contextHash: string; failures: CheckFailure[] }> {
  if (!(await isFolder(build.context))) {
    const reason = `ICA018 ${build.context} is not a folder that is there. ${rules.ICA018.fix}`;
    return { contextHash: unknownValue, failures: [{ property: "build.context", reason }] };
  }
  const dockerfile = dockerfilePath(build);
  let text: string;
  try {
    text = (await readBuildFile(dockerfile, "build.dockerfile")).toString("utf8");
  } catch (error) {
    if (!(error instanceof ContextError)) throw error;
    const property = build.dockerfile === undefined ? "build.context" : "build.dockerfile";
    return {
      contextHash: unknownValue,
      failures: [{ property, reason: `cannot read the Dockerfile: ${error.message}` }],
    };
  }
  const access = hasUnknown(declared.access) ? { web: false, console: false } : declared.access;
  const findings = declared.verify === "none" ? [] : await checkDockerfile(text, { access, build });
  for (const finding of findings) context.noteFacts?.(factOf(finding, dockerfile, build));
  for (const { code, message, line } of findings.filter(({ severity }) => severity === "warning")) {
    context.log.warn(`${code} ${path.basename(dockerfile)}${line === undefined ? "" : `:${line}`} ${message}`);
  }
  const failures = findings
    .filter(({ severity }) => severity === "error")
    .map(({ code, line, message, fix }) => ({
      property: build.dockerfile === undefined ? "build" : "build.dockerfile",
      reason: `${code} ${path.basename(dockerfile)}${line === undefined ? "" : `:${line}`} ${message}. ${fix}`,
    }));
  try {
    const contents = await readContents({ ...build, secrets: Object.keys(build.secrets ?? {}) });
    rememberContents(context, contents);
    return { contextHash: contents.contextHash, failures };
  } catch (error) {
    if (!(error instanceof ContextError)) throw error;
    return {
      contextHash: unknownValue,
      failures: [...failures, { property: error.property, reason: error.message }],
    };
  }
}

function factOf({ code, severity, message, fix, line = 1, at }: Finding, dockerfile: string, build: Build): Fact {
  const file = at === undefined ? dockerfile : path.resolve(build.context, at.file);
  return { kind: "finding", code, severity, file, line: at?.line ?? line, message, fix };
}

async function isFolder(name: string): Promise<boolean> {
  try {
    return (await stat(name)).isDirectory();
  } catch {
    return false;
  }
}

/** Checks the image to adopt by its id, unless it was already adopted as declared. */
async function takenOver(
  context: Context,
  inputs: BenchImageInputs,
  old: BenchImageInputs | undefined,
): Promise<{ image?: DockerImage; failures: CheckFailure[] }> {
  const { existingId, name, version } = inputs;
  if (existingId === undefined || hasUnknown(existingId)) return { failures: [] };
  if (old?.existingId === existingId && old.name === name && old.version === version) return { failures: [] };
  try {
    return { image: await existingImage(context, inputs, existingId), failures: [] };
  } catch (error) {
    if (error instanceof PublishError) return { failures: [{ property: "existingId", reason: error.message }] };
    throw error;
  }
}

/**
 * Compares a new version, or the same version with other content, with ICA before anything is built. Undefined when nothing
 * is new or some values are unknown.
 */
async function publishedBefore(
  context: Context,
  inputs: BenchImageInputs,
  old: BenchImageInputs | undefined,
): Promise<Published | undefined> {
  const { name, version, contextHash } = inputs;
  if (inputs.existingId !== undefined || hasUnknown([name, version, contextHash, inputs.projectId])) return undefined;
  if (old !== undefined && old.name === name && old.version === version && old.contextHash === contextHash)
    return undefined;
  return findPublished(context, inputs);
}

/**
 * What this machine's docker client lacks for the coming build. A preview may run without Docker, so this asks for it only
 * if the build uses such an option.
 */
async function clientFailures(context: Context, build: Build | undefined): Promise<CheckFailure[]> {
  if (build === undefined || beyondClient(build, { builds: "classic" }).length === 0) return [];
  try {
    const docker = await context.docker();
    const failures = beyondClient(build, docker.client).map(({ property, message }) => ({ property, reason: message }));
    if (failures.length === 0 && build.builder !== undefined) await docker.driverOf(build.builder);
    return failures;
  } catch (error) {
    if (error instanceof DockerNotFoundError) return [];
    if (error instanceof BuilderError) return [{ property: "build.builder", reason: error.message }];
    throw error;
  }
}
