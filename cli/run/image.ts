import { benchUserName } from "../../provider/contract/bench-user";
import { checkDockerfile } from "../../provider/contract/dockerfile/dockerfile";
import type { Finding } from "../../provider/contract/finding";
import { inspectImage } from "../../provider/contract/image/inspect";
import { describeSize } from "../../provider/contract/image/size";
import type { Docker } from "../../provider/docker/cli";
import type { Access } from "../access";
import { findContext, isFolder } from "../lint/context";
import { placed, shown } from "../lint/report";
import type { Reporter } from "./events";
import type { RunOptions } from "./options";
import { timed } from "./timed";

/** An image that keeps the contract, or one that the user runs despite its findings. */
export interface ReadyImage {
  readonly reference: string;
  /** The access that is open. */
  readonly access: Access;
  /** The name of UID 1000 in the image. */
  readonly user: string;
}

/** The image breaks the contract. The reporter has already said how. */
export class ContractBroken extends Error {}

interface Surroundings {
  readonly docker: Docker;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Name for an image built here. */
  readonly tag: string;
}

/**
 * Builds the image from a folder, or finds it by its name, and checks the contract in the Dockerfile and in the image.
 */
export async function readyImage(target: string, options: RunOptions, around: Surroundings): Promise<ReadyImage> {
  const reference = (await isFolder(target)) ? await build(target, options, around) : await find(target, around);
  return timed(around.reporter, "contract", async () => {
    const wanted = { web: options.web ?? true, console: options.console ?? true };
    const { findings, layers } = await inspectImage(around.docker, reference, { access: wanted });
    around.reporter.tell({ event: "note", message: `The image has ${describeSize(layers)}` });
    // A missing server is an error only if the user asked for that access.
    const lacks = (code: Finding["code"], asked: boolean | undefined) =>
      asked !== true && findings.some((finding) => finding.code === code);
    const noServer = lacks("ICA010", options.console);
    const off = { web: lacks("ICA011", options.web), console: noServer || lacks("ICA021", options.console) };
    const missing = [...(off.web ? ["ICA011"] : []), ...(off.console ? ["ICA010", "ICA021"] : [])];
    const left = findings.filter(({ code }) => !missing.includes(code));
    tellFindings(left, options, around);
    const access = { web: wanted.web && !off.web, console: wanted.console && !off.console };
    if (off.web && wanted.web) {
      around.reporter.tell({
        event: "step",
        step: "web",
        state: "off",
        detail: "the image does not expose port 8888; --web starts it all the same",
      });
    }
    if (off.console && wanted.console) {
      const detail = noServer ? "the image has no SSH server" : "nothing readies sshd for 2222; --console insists";
      around.reporter.tell({ event: "step", step: "console", state: "off", detail });
    }
    return { reference, access, user: await benchUserName(around.docker, reference) };
  });
}

async function build(target: string, options: RunOptions, around: Surroundings): Promise<string> {
  const { docker, reporter, signal, tag } = around;
  await timed(reporter, "build", async () => {
    const found = await findContext(target, options.dockerfile);
    const recipe = {
      context: found.context,
      dockerfile: found.dockerfile,
      target: options.target,
      args: Object.fromEntries(options.buildArg),
    };
    const access = { web: options.web ?? true, console: options.console ?? true };
    const findings = checkDockerfile(found.text, { access, build: recipe, files: found.files });
    const places = placed(findings, found).map(
      ({ file, line, column }) => `${shown(file, process.cwd())}:${line}:${column}`,
    );
    // The check of the image decides what is uncertain in the Dockerfile.
    const sure = findings
      .map((finding, i) => ({ finding, place: places[i] }))
      .filter(({ finding }) => finding.severity === "error");
    tellFindings(
      sure.map(({ finding }) => finding),
      options,
      around,
      sure.map(({ place }) => place),
    );
    await docker.build(
      { ...recipe, tag, platform: "linux/amd64" },
      { onLine: (line, kind) => kind === "finished" && reporter.tell({ event: "note", message: line }), signal },
    );
  });
  return tag;
}

async function find(reference: string, { docker }: Surroundings): Promise<string> {
  if ((await docker.inspect(reference)) === undefined) {
    throw new Error(
      `${reference} is neither a folder nor an image that the local Docker has. Build it, or get it: docker pull ${reference}`,
    );
  }
  return reference;
}

function tellFindings(
  findings: readonly Finding[],
  { force }: RunOptions,
  { reporter }: Surroundings,
  places: readonly (string | undefined)[] = [],
): void {
  findings.forEach(({ code, severity, message, fix }, i) => {
    const place = places[i];
    reporter.tell({ event: "finding", code, severity, message, fix, ...(place === undefined ? {} : { place }) });
  });
  const errors = findings.filter(({ severity }) => severity === "error").length;
  if (errors > 0 && !force) {
    throw new ContractBroken(
      `Bench would refuse this image: ${errors} ${errors === 1 ? "error" : "errors"} (--force starts it all the same)`,
    );
  }
}
