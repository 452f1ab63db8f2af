import { plainArchive } from "../../archive/plain-archive";
import type { Output } from "../../bytes/process";
import { readingOfChunks } from "../../bytes/reading";
import type { Context } from "../../context";
import {
  alwaysRead,
  type InspectedImage,
  type Inspection,
  inspectFiles,
  inspectImage,
} from "../../contract/image/inspect";
import { describeSize } from "../../contract/image/size";
import { ArchiveLook, type SeenImage } from "../../docker/archive-look";
import type { BuildSpec } from "../../docker/build-args";
import type { Docker } from "../../docker/cli";
import { imageContentHash } from "../../docker/image-content";
import type { BuildLineKind } from "../../docker/progress";
import { formatDuration } from "../../inputs/duration";
import { localReference } from "../identity";
import type { BenchImageInputs } from "../inputs";
import { PublishError } from "../publish-error";
import { isRememberedLocal } from "../remembered";
import { ContractError } from "./contract-error";
import { tryImage } from "./trial";
import { assertUnchanged } from "./unchanged-context";

/** An image that is ready to be sent, in the local Docker or streaming from a builder. */
export interface ReadyImage {
  /** The name used in messages. */
  readonly reference: string;
  /**
   * The plain archive. From a builder it can be read only once, and the last read fails if the image breaks the contract.
   */
  readonly readSaved: Docker["readSaved"];
  /** Configuration digest, `sha256:…`; unknown for a builder's image until its archive has been read. */
  readonly digest: () => string;
  /** Rejects if this name now refers to another image in the local Docker. */
  readonly assertSame?: () => Promise<void>;
  /** Discards the image if it is not sent. */
  readonly drop: () => void;
}

/** Builds the image or finds the named one, and makes all contract checks that are possible at this point. */
export async function readyImage(context: Context, inputs: BenchImageInputs): Promise<ReadyImage> {
  const docker = await context.docker();
  const { build, image } = inputs;
  const reference = build === undefined ? image : localReference(inputs);
  if (reference === undefined) {
    throw new PublishError("neither build nor image is declared");
  }
  if (build === undefined) {
    return localImage(context, inputs, docker, reference);
  }
  const spec: BuildSpec = { ...build, tag: reference, platform: "linux/amd64" };
  const far = build.builder !== undefined && (await docker.driverOf(build.builder)) !== localDriver;
  const from = build.builder === undefined ? "" : ` on the builder ${build.builder}`;
  await assertUnchanged(context, inputs, "before it was built");
  const start = context.clock.now();
  context.log.info(`building from ${build.context}${from}`);
  const watch = {
    onLine: (line: string, kind: BuildLineKind) =>
      kind === "finished" ? context.log.info(`built ${line}`) : context.log.status(`building ${line}`),
    signal: context.signal,
  };
  const archive = far ? await docker.buildArchive(spec, watch) : await docker.build(spec, watch);
  context.log.info(`built in ${formatDuration(context.clock.now() - start)}`);
  try {
    await assertUnchanged(context, inputs, "while it was built");
  } catch (error) {
    archive?.stream.destroy();
    throw error;
  }
  return archive === undefined
    ? localImage(context, inputs, docker, reference, spec)
    : passingImage(context, inputs, reference, archive);
}

/** The driver of builders that use the local engine and its image store. */
const localDriver = "docker";

async function localImage(
  context: Context,
  inputs: BenchImageInputs,
  docker: Docker,
  reference: string,
  spec?: BuildSpec,
): Promise<ReadyImage> {
  const info = await docker.inspect(reference);
  if (info === undefined) {
    throw new PublishError(`the local Docker has no image ${reference}: build or pull it first, or declare build`);
  }
  if (
    spec === undefined &&
    isRememberedLocal(context, inputs.contextHash) &&
    imageContentHash(info) !== inputs.contextHash
  ) {
    throw new PublishError(anotherImage(reference));
  }
  if (inputs.verify !== "none") {
    assertContract(context, reference, await inspectImage(docker, reference, { access: inputs.access }));
    if (inputs.verify === "run") {
      const failed = await tryImage(context, docker, reference, inputs.access);
      if (failed.length > 0) {
        throw new ContractError(`image ${reference}`, failed);
      }
    }
  }
  const compressed = info.Descriptor !== undefined;
  const readSaved: ReadyImage["readSaved"] =
    spec !== undefined && compressed && docker.client.builds === "buildx"
      ? async () => plainArchive(docker, spec, info)
      : (ref) => docker.readSaved(ref);
  return {
    reference,
    readSaved,
    digest: () => info.Id,
    drop: () => undefined,
    assertSame: async () => {
      if ((await docker.inspect(reference))?.Id !== info.Id) {
        throw new PublishError(anotherImage(reference));
      }
    },
  };
}

/** A name can move to another image at any time, and the sent image has to be the checked one. */
function anotherImage(reference: string): string {
  return `${reference} is another image in the local Docker than a moment ago; nothing was published. Run pulumi up again`;
}

/** An image that streams from a builder. Its last bytes are passed on only if it meets the contract. */
function passingImage(context: Context, inputs: BenchImageInputs, reference: string, { stream }: Output): ReadyImage {
  let digest: string | undefined;
  const looked = async (image: SeenImage) => {
    digest = image.info.Id;
    // The preview refuses "run" for a builder, since a streaming image cannot be started.
    if (inputs.verify !== "none") {
      await assertContractOfSeen(context, inputs, reference, image);
    }
  };
  const passing = readingOfChunks(new ArchiveLook(alwaysRead).pass(stream, looked), () => stream.destroy());
  return {
    reference,
    readSaved: async () => passing,
    digest: () => {
      if (digest === undefined) {
        throw new Error(`the archive of ${reference} was not read to its end`);
      }
      return digest;
    },
    drop: passing.stop,
  };
}

async function assertContractOfSeen(
  context: Context,
  inputs: BenchImageInputs,
  reference: string,
  image: InspectedImage & Pick<SeenImage, "unread">,
): Promise<void> {
  const inspection = await inspectFiles(image, { access: inputs.access });
  const unread = image.unread();
  if (unread.length > 0) {
    context.log.warn(
      `could not look into ${unread.join(", ")} of the image: only so much is kept of what comes from a builder. ` +
        'What is said of the contract may be wrong there; verify: "none" says nothing.',
    );
  }
  assertContract(context, reference, inspection);
}

function assertContract(context: Context, reference: string, { findings, layers }: Inspection): void {
  context.log.info(`the image has ${describeSize(layers)}`);
  for (const { code, message } of findings.filter(({ severity }) => severity === "warning")) {
    context.log.warn(`${code} ${message}`);
  }
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    throw new ContractError(`image ${reference}`, errors);
  }
}
