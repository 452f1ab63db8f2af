import { parseAllowedUrl } from "../../runtime";
import { badRequest, conflict } from "../http/problem";
import { canonicalJson } from "../http/rest";
import type { Images } from "../images/images";
import type { Identity } from "../state/identity";
import { projectRegion } from "../state/identity";
import type { WorkspaceRecord, WorkspaceSettings } from "./record";

/** Attribute → what is wrong with it. */
type Findings = Record<string, string>;

/** What a check of settings needs. */
export interface Surroundings {
  readonly images: Pick<Images, "get" | "isInRegion">;
  readonly identity: Identity;
}

/** Throws a 400 problem that names every fault in the settings of a new workspace. */
export function checkNew(settings: WorkspaceSettings, surroundings: Surroundings): void {
  refuse({ ...imageFindings(settings, surroundings), ...networkFindings(settings) });
}

/**
 * Throws the problem that forbids this update: 400 for what is never valid, 409 for what the run state forbids. Checks
 * the image only if the update changes a setting that depends on it, so that a rename works even when the image has
 * left the region.
 */
export function checkUpdate(record: WorkspaceRecord, next: WorkspaceSettings, surroundings: Surroundings): void {
  const { settings: current, status } = record;
  const changed = (Object.keys({ ...current, ...next }) as (keyof WorkspaceSettings)[]).filter(
    (field) => canonicalJson(next[field]) !== canonicalJson(current[field]),
  );
  const shrinks = next.storageSizeInGb < current.storageSizeInGb;
  refuse({
    ...(changed.some((field) => dependOnImage.has(field)) ? imageFindings(next, surroundings) : {}),
    ...networkFindings(next),
    ...(shrinks ? { storageSizeInGb: `cannot shrink from ${current.storageSizeInGb} GB: that would lose data` } : {}),
  });
  const needStop = changed.filter((field) => field !== "name" && field !== "storageSizeInGb");
  if (needStop.length > 0 && status !== "Stopped" && status !== "Failed") {
    throw conflict(
      `Workspace ${current.name} is ${status}; ${needStop.join(", ")} can change only while it is stopped or failed. Stop it first.`,
    );
  }
}

const dependOnImage: ReadonlySet<keyof WorkspaceSettings> = new Set(["imageId", "access", "cluster"]);

function imageFindings({ imageId, access, cluster }: WorkspaceSettings, around: Surroundings): Findings {
  const { images, identity } = around;
  const image = images.get(imageId);
  if (image === undefined) {
    return { imageId: `there is no Docker image ${imageId}` };
  }
  if (image.type !== "BENCH") {
    return { imageId: `${image.name} is of type ${image.type}; a workspace needs a BENCH image` };
  }
  if (image.status !== "AVAILABLE") {
    return { imageId: `${image.name} is ${image.status}; wait until it is AVAILABLE` };
  }
  const region = projectRegion(identity);
  if (!images.isInRegion(imageId, region.id)) {
    return {
      imageId: `${image.name} is not in ${region.code}, the region of the project; add that region to the image`,
    };
  }
  const managerImage = cluster?.managerImageId === undefined ? image : images.get(cluster.managerImageId);
  const noCluster: Findings = {
    ...(cluster === undefined || image.benchSettings?.clusterCompatible
      ? {}
      : { cluster: `${image.name} is not cluster compatible` }),
    ...(managerImage?.benchSettings?.clusterCompatible || cluster === undefined || managerImage === image
      ? {}
      : { "cluster.managerImageId": "there is no such image that is cluster compatible" }),
  };
  const offered = image.benchSettings?.access ?? { web: false, console: false };
  const beyond = (["web", "console"] as const).filter((kind) => access[kind] && !offered[kind]);
  return {
    ...noCluster,
    ...Object.fromEntries(beyond.map((kind) => [`access.${kind}`, `${image.name} does not offer ${kind} access`])),
  };
}

function networkFindings({ network: { mode, allowedUrls } }: WorkspaceSettings): Findings {
  if (mode === "PUBLIC") {
    return allowedUrls.length === 0 ? {} : { "network.allowedUrls": "must be empty when the mode is PUBLIC" };
  }
  const findings: Findings = {};
  for (const [index, url] of allowedUrls.entries()) {
    try {
      parseAllowedUrl(url);
    } catch (error) {
      findings[`network.allowedUrls[${index}]`] = error instanceof Error ? error.message : String(error);
    }
  }
  return findings;
}

function refuse(parameters: Findings): void {
  const found = Object.entries(parameters);
  if (found.length > 0) {
    throw badRequest(found.map(([attribute, reason]) => `${attribute}: ${reason}.`).join(" "), { parameters });
  }
}
