import { isDeepStrictEqual } from "node:util";
import type { Context } from "../context";
import type { Change, Live, ResourceHandler } from "../handler";
import type { DockerImage } from "../ica/docker-images";
import { isKnown, type MaybeWithin, unknownValue } from "../inputs/unknown";
import { checkImage } from "./check";
import type { BenchImageInputs } from "./inputs";
import { PublishError } from "./publish-error";
import { reasonsLine, rebuildReasons } from "./rebuild-reasons";
import { describeRegions, regionsOf } from "./regions/regions";
import { finishExisting } from "./registration/finish";
import { isGone } from "./registration/published";
import { reportedSettings } from "./registration/settings";
import { rememberedDigest, rememberedFiles } from "./remembered";
import { type BenchImageState, inputNames, inputsOf, parseInputs, parseState } from "./saved-state";
import { recordOf, stateOf } from "./state";

/** Fields that cannot change in place: a published image keeps its name, version and content forever. */
export const replacing = [
  "name",
  "version",
  "contextHash",
  "existingId",
] as const satisfies readonly (keyof BenchImageInputs)[];

/** The outputs that an update in place may change. */
const unsettled = ["status", "urls", "benchSettings"] as const satisfies readonly (keyof BenchImageState)[];

/** A Bench image: build, save, upload, register. */
export const benchImageHandler: ResourceHandler<BenchImageInputs, BenchImageState, Context> = {
  parseInputs,
  parseState,
  check: checkImage,

  async diff(context, id, state, next) {
    const change = compare(context, state, next);
    // With unknown values the engine only asks what would happen if something else were replaced first. Before it acts, it
    // asks again.
    if (change.kind === "replace" || !isKnown(next)) {
      return change;
    }
    if (change.kind === "update") {
      await still(context, id, next);
    }
    context.run.images.inUse.add(id);
    return change;
  },

  create: (...args) => publishing().publish(...args),

  async read(context, id, saved): Promise<Live<BenchImageState> | undefined> {
    // With Pulumi's read-only option `id`, what is saved is the program's declaration, which may leave the project out.
    const state = parseState(id, { projectId: context.config.projectId ?? "", ...saved });
    const image = await lookUp(context, id);
    if (image === undefined) {
      return undefined;
    }
    const described: BenchImageInputs = {
      ...reportedSettings(image, inputsOf(state)),
      name: image.name,
      version: image.version ?? state.version,
      ...(state.regions === undefined ? {} : { regions: describeRegions(image, state.regions) }),
    };
    return { state: stateOf(image, described, recordOf(state)), inputs: described };
  },

  async update(context, id, state, next) {
    const image = await still(context, id, next);
    return (
      await finishExisting(
        context,
        next,
        image,
        { ...recordOf(state), ...rememberedDigest(context, next) },
        state.regions,
      )
    ).state;
  },

  async delete(context, id, state) {
    const what = `image ${state.name} ${state.version} (id ${id})`;
    if (state.onDelete === "removeRegions" && context.run.images.inUse.has(id)) {
      context.log.warn(
        `keeps its regions: its own replacement, or a resource of another name in the program, uses it. The stack forgets this one: ${what}`,
      );
      return;
    }
    if (state.onDelete === "removeRegions") {
      const image = await lookUp(context, id);
      if (image === undefined) {
        return;
      }
      const present = regionsOf(image).map((region) => region.id);
      if (present.length > 0) {
        await context.client.dockerImages.removeRegions(id, present);
      }
      context.log.info(
        `removed from its regions; it stays in the Docker Repository, since ICA has no call to delete an image: ${what}`,
      );
      return;
    }
    context.log.info(`stays in ICA, which has no call to delete an image; the stack forgets it: ${what}`);
  },
};

/** Loaded when an image is published: a preview needs no upload and no archive. */
const publishing = () => require("./publish") as typeof import("./publish");

/** The image that is about to be changed; throws when it is gone. */
async function still(context: Context, id: string, { name, version }: BenchImageInputs): Promise<DockerImage> {
  const image = await lookUp(context, id);
  if (image === undefined) {
    throw new PublishError(
      `image ${name} ${version} (id ${id}) is gone: it was deleted in ICA. Run "pulumi up --refresh": Pulumi then updates its state, and publishes the image again.`,
    );
  }
  return image;
}

/** What a declaration changes in an image. */
function compare(context: Context, state: BenchImageState, next: MaybeWithin<BenchImageInputs>): Change {
  const because = replacing.filter((field) => isKnown(next[field]) && !isDeepStrictEqual(state[field], next[field]));
  if (because.length > 0) {
    const { build, image, contextHash } = next;
    const isExisting = state.existingId !== undefined || next.existingId !== undefined;
    if (because.includes("contextHash") && !isExisting && isKnown(build) && isKnown(image) && isKnown(contextHash)) {
      const reasons = rebuildReasons(state, { build, image, contextHash }, rememberedFiles(context, contextHash));
      context.noteFacts?.({ kind: "rebuild", reasons });
      context.log.info(`will be ${build === undefined ? "published again" : "rebuilt"}: ${reasonsLine(reasons)}`);
    }
    return { kind: "replace", because, deleteFirst: false };
  }
  // An image that ICA could not make cannot be repaired, so it is published again.
  if (state.status === "BUILDFAILED") {
    return { kind: "replace", because: ["status"], deleteFirst: false };
  }
  // Continue an interrupted wait, even after a refresh has cleared the engine's own mark for it.
  if (state.status === "PARTIAL") {
    return { kind: "update", hidden: true, fields: ["status"], unsettled };
  }
  const [before, after] = [comparable(inputsOf(state)), comparable(next)];
  const fields = inputNames.filter((field) => !isDeepStrictEqual(before[field], after[field]));
  return fields.length === 0 ? { kind: "unchanged" } : { kind: "update", hidden: false, fields, unsettled };
}

/** Ignores the context's path, which differs from machine to machine. The hash covers its content. */
function comparable(inputs: MaybeWithin<BenchImageInputs>): MaybeWithin<Partial<BenchImageInputs>> {
  if (inputs.build === undefined || inputs.build === unknownValue) {
    return inputs;
  }
  const { dockerfile: _, ...build } = inputs.build;
  return { ...inputs, build: { ...build, context: "" } };
}

/** Undefined when the image is gone or ICA is deleting it. */
async function lookUp(context: Context, id: string): Promise<DockerImage | undefined> {
  const image = await context.client.dockerImages.find(id);
  return image === undefined || isGone(image) ? undefined : image;
}
