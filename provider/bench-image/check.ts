import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Context } from "../context";
import type { CheckFailure, CheckResult } from "../handler";
import { hasUnknown, unknownValue } from "../unknown";
import { wordsOf } from "../words";
import { ContextError, dockerfilePath, readContents } from "./context-hash";
import { checkDockerfile } from "./contract/dockerfile";
import { versionFor } from "./identity";
import { type BenchImageInputs, type Build, checkDeclared, type DeclaredImage } from "./inputs";
import { findPublished, immutableVersion, type Published } from "./published";
import { checkRegions } from "./region-check";
import { rememberContents, rememberPublished } from "./seen-contents";

/**
 * What a preview does: parse, work out the identity of the content, read the Dockerfile for what is sure to fail, and ask ICA
 * whether the version is free. It builds nothing and writes nothing.
 */
export async function checkImage(
  context: Context,
  args: Readonly<Record<string, unknown>>,
  old: BenchImageInputs | undefined,
): Promise<CheckResult<BenchImageInputs>> {
  const { inputs: declared, failures } = checkDeclared(context.config, args);
  if (failures.length > 0) return { inputs: withIdentity(declared, unknownValue), failures };
  // Not something to declare: the engine hands the old one in where the program says ignoreChanges: ["contextHash"].
  const pinned =
    typeof args.contextHash === "string" && args.contextHash === old?.contextHash ? args.contextHash : undefined;
  const identity =
    pinned === undefined ? await contentIdentity(context, declared, old) : { contextHash: pinned, failures: [] };
  const inputs = withIdentity(declared, identity.contextHash);
  if (identity.failures.length > 0) return { inputs, failures: identity.failures };
  const published = await publishedBefore(context, inputs, old);
  if (published?.kind === "other")
    return { inputs, failures: [{ property: "version", reason: immutableVersion(inputs, published) }] };
  if (published?.kind === "same") rememberPublished(context, inputs, published.image.id);
  const image = published?.kind === "same" ? published.image : undefined;
  const { regions, failures: wrong } = await checkRegions(context, { inputs, declared: args.regions, old, image });
  return { inputs: regions === undefined ? inputs : { ...inputs, regions: [...regions] }, failures: wrong };
}

function withIdentity(declared: DeclaredImage & { projectId: string }, contextHash: string): BenchImageInputs {
  return {
    ...declared,
    contextHash,
    version: declared.version ?? (contextHash === unknownValue ? unknownValue : versionFor(contextHash)),
  };
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
  const info = await (await context.docker()).inspect(image ?? "");
  return info === undefined
    ? {
        contextHash: unknownValue,
        failures: [{ property: "image", reason: `the local Docker has no image ${image}: build or pull it first` }],
      }
    : { contextHash: info.Id.replace(/^sha256:/, ""), failures: [] };
}

async function buildIdentity(
  context: Context,
  declared: DeclaredImage,
  build: Build,
): Promise<{ contextHash: string; failures: CheckFailure[] }> {
  const dockerfile = dockerfilePath(build);
  let text: string;
  try {
    text = await readFile(dockerfile, "utf8");
  } catch (error) {
    const property = build.dockerfile === undefined ? "build.context" : "build.dockerfile";
    return {
      contextHash: unknownValue,
      failures: [
        {
          property,
          reason: `cannot read the Dockerfile ${dockerfile}: ${wordsOf(error)}`,
        },
      ],
    };
  }
  const findings = declared.verify === "none" ? [] : await checkDockerfile(text, { access: declared.access, build });
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

/**
 * A new version, or the same one with other content, is compared with what ICA has before anything is built. Undefined where nothing is
 * new, or not all of it is known.
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
