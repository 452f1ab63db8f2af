import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type Dockerode from "dockerode";
import { benchEnvironment, dockerLabel, type Timing, type WorkspaceSpec } from "../../runtime";
import { tarOf } from "../../runtime/docker/tar";

const FIXTURE = path.join(__dirname, "..", "fixtures", "bench-image");

/** Short times, so that tests of crashes and kills are quick. */
export const QUICK: Timing = { aliveMs: 300, quickMs: 300, attempts: 3, backoffMs: 20 };

/** Builds the image of tests/fixtures/bench-image unless this content was built before. Returns its name. */
export async function benchImage(docker: Dockerode): Promise<string> {
  const files = await Promise.all(
    (await readdir(FIXTURE))
      .sort()
      .map(async (name) => ({ name, content: await readFile(path.join(FIXTURE, name), "utf8") })),
  );
  const hash = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 12);
  const tag = `pulumi-ica-test/bench:${hash}`;
  const known = await docker.listImages({ filters: { reference: [tag] } });
  return known.length > 0 ? tag : build(docker, tag, files);
}

/** An image like the one of the fixture with one more layer. */
export async function spoiltImage(docker: Dockerode, name: string, run: string): Promise<string> {
  const dockerfile = `FROM ${await benchImage(docker)}\nUSER root\nRUN ${run}\nUSER ica\n`;
  return build(docker, `pulumi-ica-test/${name}:latest`, [{ name: "Dockerfile", content: dockerfile }], "none");
}

/** An image like the one of the fixture with another start script, and /opt/app for its user to write in. */
export async function scriptedImage(docker: Dockerode, name: string, ...lines: readonly string[]): Promise<string> {
  const dockerfile = [
    `FROM ${await benchImage(docker)}`,
    "COPY --chown=1000:100 note /opt/app/",
    "COPY ica_start.sh /usr/local/bin/ica_start.sh",
    "",
  ];
  return build(docker, `pulumi-ica-test/${name}:latest`, [
    { name: "Dockerfile", content: dockerfile.join("\n") },
    { name: "note", content: "" },
    { name: "ica_start.sh", content: ["#!/bin/bash", ...lines, ""].join("\n"), mode: 0o755 },
  ]);
}

async function build(
  docker: Dockerode,
  tag: string,
  files: readonly { name: string; content: string; mode?: number }[],
  networkmode?: string,
): Promise<string> {
  const context = await tarOf(files.map((file) => ({ mode: 0o644, ...file })));
  const stream = await docker.buildImage(Readable.from(context), {
    t: tag,
    rm: true,
    forcerm: true,
    labels: { [dockerLabel]: "test" },
    ...(networkmode === undefined ? {} : { networkmode }),
  });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error: Error | null, told: { error?: string }[]) => {
      const failure = error ?? told.find((event) => event.error !== undefined)?.error;
      return failure ? reject(new Error(`building ${tag}: ${failure}`)) : resolve();
    });
  });
  return tag;
}

/** A public workspace with both kinds of access, changed as the test needs it. */
export function specOf(image: string, change: Partial<WorkspaceSpec> = {}): WorkspaceSpec {
  const access = change.access ?? { web: true, console: true };
  const network = change.network ?? { mode: "PUBLIC", allowedUrls: [] };
  return {
    id: "w1",
    image,
    resourceModel: "standard-small",
    access,
    network,
    environment: benchEnvironment({
      benchHost: "127.0.0.1:4747",
      icaUrl: "http://127.0.0.1:4747/ica",
      projectId: "0b7d2f3e-0000-4000-8000-000000000000",
      number: "32781195",
      namespace: "bench",
      access,
      restricted: network.mode === "RESTRICTED",
      apiKey: "a-key-for-tests",
    }),
    ...change,
  };
}

/** Runs a shell command in a container, as its user, and returns what it wrote on both streams. */
export async function sh(docker: Dockerode, container: string, command: string): Promise<string> {
  const exec = await docker
    .getContainer(container)
    .exec({ Cmd: ["bash", "-c", command], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true, stdin: false });
  const output = new PassThrough();
  docker.modem.demuxStream(stream, output, output);
  stream.on("end", () => output.end());
  return (await text(output)).trimEnd();
}

/** Asks again and again until there is an answer. Fails with what was waited for. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  seconds = 30,
): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) {
      return answer;
    }
    if (Date.now() > end) {
      throw new Error(`In ${seconds} s it did not come true: ${what}`);
    }
    await delay(50);
  }
}

/** Everything in Docker with the label of an instance: containers, networks, volumes. */
export async function leftovers(docker: Dockerode, instance: string): Promise<string[]> {
  const filters = { label: [`pulumi-ica.instance=${instance}`] };
  const [containers, networks, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
  ]);
  return [
    ...containers.flatMap(({ Names }) => Names),
    ...networks.map(({ Name }) => Name),
    ...Volumes.map(({ Name }) => Name),
  ];
}
