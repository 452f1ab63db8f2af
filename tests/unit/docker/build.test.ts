import assert from "node:assert/strict";
import {
  type BuildSpec,
  BuildSpecError,
  beyondClient,
  buildCommand,
  secretValues,
} from "../../../provider/docker/build-args";
import { BuildError } from "../../../provider/docker/errors";
import { BuildProgress } from "../../../provider/docker/progress";
import { makeContext, removeContext } from "../../support/context-folder";

const least: BuildSpec = { context: "/src", tag: "name:1", platform: "linux/amd64" };

describe("the command line of a build", () => {
  it("has every option of the declaration", () => {
    const spec: BuildSpec = {
      ...least,
      dockerfile: "/else/Dockerfile",
      target: "web",
      pull: true,
      noCache: true,
      cacheFrom: ["type=registry,ref=a/b"],
      cacheTo: ["type=local,dest=/cache"],
      labels: { a: "b c" },
      ssh: { default: { env: "SSH_AUTH_SOCK" }, deploy: { file: "/keys/id" } },
      network: "none",
    };
    assert.deepEqual(buildCommand(spec, { builds: "buildx" }, { SSH_AUTH_SOCK: "/run/agent" }).args, [
      ...["buildx", "build", "--load", "--progress=plain", "--platform=linux/amd64", "--file", "/else/Dockerfile"],
      ...[
        "--target",
        "web",
        "--ssh",
        "default=/run/agent",
        "--ssh",
        "deploy=/keys/id",
        "--network",
        "none",
        "--pull",
        "--no-cache",
        "--cache-from",
        "type=registry,ref=a/b",
        "--cache-to",
        "type=local,dest=/cache",
      ],
      ...["--label", "a=b c", "--tag", "name:1", "--", "/src"],
    ]);
    assert.deepEqual(buildCommand(least, { builds: "classic" }, {}).args.slice(0, 2), ["build", "--progress=plain"]);
  });

  it("takes the image from a builder as an archive, all layers plain", () => {
    const { args } = buildCommand({ ...least, builder: "far" }, { builds: "buildx" }, {}, "archive");
    assert.deepEqual(args.slice(0, 5), [
      ...["buildx", "build", "--output=type=docker,dest=-,compression=uncompressed,force-compression=true"],
      ...["--builder", "far"],
    ]);
    assert.ok(!args.includes("--load"));
    assert.deepEqual(buildCommand({ ...least, builder: "near" }, { builds: "buildx" }, {}).args.slice(0, 5), [
      ...["buildx", "build", "--load", "--builder", "near"],
    ]);
  });

  it("refuses what an old client cannot do, each at its property", () => {
    const spec = { ...least, cacheFrom: ["a/b", "type=registry,ref=a/b"], cacheTo: ["type=inline"], builder: "far" };
    const refused = beyondClient(spec, { builds: "classic" });
    assert.deepEqual(
      refused.map(({ property }) => property),
      ["build.cacheTo", "build.builder", "build.cacheFrom[1]"],
    );
    for (const { message } of refused) assert.match(message, /buildx plugin/);
    assert.deepEqual(beyondClient(spec, { builds: "buildx" }), []);
    assert.deepEqual(beyondClient({ ...least, cacheFrom: ["a/b"] }, { builds: "classic" }), []);
    assert.throws(
      () => buildCommand(spec, { builds: "classic" }, {}),
      (error: unknown) => error instanceof BuildSpecError && error.property === "build.cacheTo",
    );
  });

  it("finds what SSH is to use before anything is started", () => {
    const ssh = (declared: NonNullable<BuildSpec["ssh"]>, env = {}) =>
      buildCommand({ ...least, ssh: declared }, { builds: "classic" }, env).args;
    assert.throws(() => ssh({ default: { env: "SSH_AUTH_SOCK" } }), /SSH_AUTH_SOCK is not set/);
    assert.throws(() => ssh({ default: { env: "SSH_AUTH_SOCK" } }, { SSH_AUTH_SOCK: "" }), /SSH_AUTH_SOCK is not set/);
    assert.throws(() => ssh({ "a=b": { file: "/k" } }), /an id may hold/);
    // docker would take what follows for another key.
    assert.throws(() => ssh({ a: { file: "/k,/etc/ssh/ssh_host_rsa_key" } }), /no path with a comma/);
  });

  it("passes the values of args through the environment, except when that would change the client", () => {
    const spec = {
      ...least,
      args: { OWN: "secretish", PATH: "/x", http_proxy: "http://p", DOCKER_HOST: "no", TAKEN: "2", "odd-name": "3" },
    };
    const { args, env } = buildCommand(spec, { builds: "classic" }, { TAKEN: "1" });
    assert.deepEqual(env, { OWN: "secretish" });
    const given = args.filter((_, i) => args[i - 1] === "--build-arg");
    assert.deepEqual(given, ["OWN", "PATH=/x", "http_proxy=http://p", "DOCKER_HOST=no", "TAKEN=2", "odd-name=3"]);
  });

  it("names secrets by their source, never by value", () => {
    const spec = { ...least, secrets: { a: { env: "TOKEN" }, b: { file: '/x,y/"k"' } } };
    const { args, env } = buildCommand(spec, { builds: "classic" }, { TOKEN: "the-value" });
    const given = args.filter((_, i) => args[i - 1] === "--secret");
    assert.deepEqual(given, ["id=a,env=TOKEN", 'id=b,"src=/x,y/""k"""']);
    assert.doesNotMatch(JSON.stringify([args, env]), /the-value/);
    assert.throws(
      () =>
        buildCommand(
          { ...least, secrets: { "a,src=/etc/shadow": { env: "TOKEN" } } },
          { builds: "classic" },
          { TOKEN: "x" },
        ),
      /an id may hold/,
    );
    assert.throws(() => buildCommand(spec, { builds: "classic" }, {}), /TOKEN is not set/);
  });

  it("knows the values of secrets only to blank them", async () => {
    const folder = await makeContext({ key: "-----BEGIN-----\nlonger-line\n\nabc\n" });
    const secrets = { a: { env: "TOKEN" }, b: { file: `${folder}/key` }, c: { file: `${folder}/none` } };
    assert.deepEqual(await secretValues({ ...least, secrets }, { TOKEN: "the-value" }), [
      "-----BEGIN-----",
      "longer-line",
      "the-value",
    ]);
    await removeContext(folder);
  });
});

describe("the progress of a build", () => {
  const read = (text: string) => {
    const lines: string[] = [];
    const progress = new BuildProgress((line, kind) => lines.push(`${kind}: ${line}`));
    for (const line of text.split("\n")) progress.add(line);
    return { lines, progress };
  };

  it("is read from new versions of BuildKit, with steps of several stages that run at once", () => {
    const { lines } = read(`#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 310B done
#1 DONE 0.0s

#5 [tools 1/2] FROM docker.io/library/debian:bookworm-slim@sha256:abc
#5 resolve docker.io/library/debian:bookworm-slim@sha256:abc done
#5 DONE 0.1s
#5 DONE 2.0s

#6 [stage-1 2/3] RUN apt-get update   && apt-get install -y --no-install-recommends openssh-server nginx bash curl ca-certificates
#6 0.312 Get:1 http://mirror.example/debian bookworm InRelease
#6 ...

#7 [tools 2/2] COPY a b
#7 CACHED

#6 [stage-1 2/3] RUN apt-get update   && apt-get install -y --no-install-recommends openssh-server nginx bash curl ca-certificates
#6 DONE 12.5s

#8 exporting to image
#8 exporting layers done
#8 DONE 0.0s`);
    assert.deepEqual(lines, [
      "started: [tools 1/2] FROM docker.io/library/debian:bookworm-slim@sha256:abc",
      "finished: [tools 1/2] FROM docker.io/library/debian:bookworm-slim@sha256:abc (0.1s)",
      "started: [stage-1 2/3] RUN apt-get update && apt-get install -y --no-install-recommends openssh-server nginx…",
      "started: [tools 2/2] COPY a b",
      "finished: [tools 2/2] COPY a b (cached)",
      "finished: [stage-1 2/3] RUN apt-get update && apt-get install -y --no-install-recommends openssh-server nginx… (12.5s)",
    ]);
  });

  it("blames the step that failed, not one that was cancelled for it", () => {
    const { progress } = read(`#5 [a 2/2] RUN sleep 60
#6 [b 2/2] RUN make
#6 0.100 cc: not found
#5 ERROR: context canceled
#6 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 127
------
 > [b 2/2] RUN make:
0.100 cc: not found
------
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 127`);
    const error = progress.failure("");
    assert.deepEqual(
      [error.step, error.reason, error.output],
      ["[b 2/2] RUN make", "exit code: 127", ["cc: not found"]],
    );
  });

  it("keeps Docker's own message when no step failed, and says what to do when that is known", () => {
    const { progress } = read(
      "ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    );
    const error = progress.failure("");
    assert.ok(error instanceof BuildError);
    assert.match(
      error.message,
      /^docker build failed: ERROR: Cannot connect.*\nStart Docker, or name the engine to use in DOCKER_HOST\.$/s,
    );
    assert.match(read("").progress.failure("spawn docker ENOENT").message, /spawn docker ENOENT/);
  });

  for (const lost of [
    "ERROR: failed to build: failed to receive status: rpc error: code = Unavailable desc = closing transport",
    "ERROR: failed to build: failed to solve: Unavailable: error reading from server: EOF",
    "#1 [internal] waiting for connection\n#1 ERROR: context deadline exceeded",
  ])
    it(`says so when the builder is lost: ${lost.split("\n").at(-1)}`, () => {
      const { message } = read(lost).progress.failure("");
      assert.match(message, /(?:transport|EOF|exceeded)\nThe builder ended or cannot be reached/);
    });

  it("does not mistake a server that a step called for the builder", () => {
    const { message } = read(
      "#5 [2/2] RUN apt-get update\n#5 1.0 503  Service Unavailable\n#5 ERROR: exit code: 100",
    ).progress.failure("");
    assert.doesNotMatch(message, /builder ended/);
  });
});
