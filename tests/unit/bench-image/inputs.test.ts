import assert from "node:assert/strict";
import { checkDeclared } from "../../../provider/bench-image/inputs";
import { unknownValue } from "../../../provider/inputs/unknown";
import { configFor, projectId } from "../../support/context";

const config = configFor("http://127.0.0.1:1");
const good = { name: "rstudio", build: { context: "./image" }, access: { web: true } };
const failures = (changes: Record<string, unknown>) => checkDeclared(config, { ...good, ...changes }).failures;
const only = (property: string, reason: RegExp, changes: Record<string, unknown>) => {
  const found = failures(changes);
  assert.deepEqual(
    found.map((failure) => failure.property),
    [property],
  );
  assert.match(found[0]?.reason ?? "", reason);
};

describe("the inputs of an image", () => {
  it("are completed with defaults and the stack's project", () => {
    assert.deepEqual(checkDeclared(config, good), {
      inputs: {
        name: "rstudio",
        build: { context: "./image" },
        access: { web: true, console: false },
        clusterCompatible: false,
        folder: "/bench-images/",
        archive: { compression: "bzip2" },
        verify: "inspect",
        onDelete: "forget",
        projectId,
      },
      failures: [],
    });
  });

  it("need a project from somewhere", () => {
    const { failures } = checkDeclared(configFor("http://127.0.0.1:1", { projectId: undefined }), good);
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["projectId"],
    );
  });

  it("name exactly one source", () => {
    only("build", /declare build .* or image/, { build: undefined });
    only("image", /one source/, { image: "mybench:1" });
    only("existingId", /beside build or image/, { existingId: "image-1", version: "1" });
    assert.deepEqual(failures({ build: undefined, image: "mybench:1" }), []);
    assert.deepEqual(failures({ build: undefined, existingId: "image-1", version: "1" }), []);
  });

  it("name the version of an image that is adopted", () => {
    only("version", /required with existingId/, { build: undefined, existingId: "image-1" });
  });

  it("keep names, versions and descriptions within ICA's 255 characters", () => {
    const longest = "x".repeat(255);
    assert.deepEqual(failures({ name: longest, version: longest, description: longest }), []);
    for (const field of ["name", "version", "description"]) only(field, /at most 255/, { [field]: `${longest}x` });
    for (const field of ["name", "version"]) only(field, /must not be empty/, { [field]: "" });
  });

  it("allow at least one access", () => only("access", /web, console or both/, { access: { web: false } }));

  it("leave access to ICA when the image is adopted: both may be off there", () => {
    const access = { web: false, console: false };
    assert.deepEqual(failures({ build: undefined, existingId: "image-1", version: "1", access }), []);
  });

  it("name a folder from slash to slash", () => {
    for (const folder of ["/", "/a/", "/a/b c/"]) assert.deepEqual(failures({ folder }), []);
    for (const folder of ["a/", "/a", "", "/a//b/"]) only("folder", /start and end with a slash/, { folder });
  });

  it("say where a secret comes from, never the secret itself", () => {
    const build = (secrets: unknown) => ({ build: { context: ".", secrets } });
    assert.deepEqual(failures(build({ token: { env: "TOKEN" }, key: { file: "./key" } })), []);
    only("build.secrets.token", /never the secret itself/, build({ token: "s3cr3t" }));
    only("build.secrets.token", /never the secret itself/, build({ token: { env: "A", file: "b" } }));
    assert.doesNotMatch(JSON.stringify(failures(build({ token: "s3cr3t" }))), /s3cr3t/);
  });

  const wrong = (property: string, reason: RegExp, options: Record<string, unknown>) =>
    only(property, reason, { build: { context: ".", ...options } });

  it("know every option of a build", () => {
    const build = {
      context: ".",
      args: { A: "1" },
      target: "web",
      secrets: { token: { env: "TOKEN" } },
      ssh: { default: { env: "SSH_AUTH_SOCK" }, deploy: { file: "./key" } },
      labels: { "org.example.team": "genomics = us" },
      network: "none",
      pull: true,
      noCache: true,
      cacheFrom: ["registry.example/cache", "type=gha"],
      cacheTo: ["registry.example/cache", "type=registry,ref=registry.example/cache,mode=max"],
      builder: "far-1.2_x",
      triggers: ["1"],
    };
    assert.deepEqual(failures({ build }), []);
    assert.deepEqual(checkDeclared(config, { ...good, build }).inputs.build, build);
  });

  it("name ids, labels, networks, builders and caches as they can be", () => {
    wrong("build.ssh.default", /socket of an SSH agent/, { ssh: { default: "/home/me/.ssh/id_rsa" } });
    wrong("build.ssh.a,b", /is not a valid id/, { ssh: { "a,b": { file: "k" } } });
    wrong("build.secrets.a b", /is not a valid id/, { secrets: { "a b": { file: "k" } } });
    wrong("build.labels.a=b", /neither spaces nor =/, { labels: { "a=b": "c" } });
    wrong("build.labels.pulumi-ica", /set by this package/, { labels: { "pulumi-ica": "mine" } });
    wrong("build.network", /"default", "none" or "host"/, { network: "bridge" });
    wrong("build.builder", /docker buildx ls/, { builder: "--load" });
    wrong("build.cacheTo[1]", /must say its type/, { cacheTo: ["type=inline", "ref=a/b"] });
  });

  it("keep credentials out of options, which are visible in the process list and in the state", () => {
    for (const entry of [
      "type=s3,region=x,secret_access_key=s3cr3t",
      'type=gha,"token=s3cr3t"',
      "type=s3,Session_Token=s3cr3t",
    ]) {
      for (const option of ["cacheFrom", "cacheTo"]) {
        wrong(`build.${option}[0]`, /give it in the environment/, { [option]: [entry] });
        assert.doesNotMatch(JSON.stringify(failures({ build: { context: ".", [option]: [entry] } })), /s3cr3t/);
      }
    }
    assert.deepEqual(failures({ build: { context: ".", cacheTo: ["type=s3,region=x,bucket=tokens,name=token"] } }), []);
  });

  it("try an image only when it can be started: not on its way from a builder", () => {
    only("verify", /cannot be "run" with build\.builder/, { build: { context: ".", builder: "far" }, verify: "run" });
    for (const verify of ["inspect", "none", unknownValue])
      assert.deepEqual(failures({ build: { context: ".", builder: "far" }, verify }), []);
    assert.deepEqual(failures({ verify: "run" }), []);
  });

  it("report every problem inside build at its property", () => {
    assert.deepEqual(
      failures({ build: { context: 5, dockerFile: "x", args: { a: 1 }, triggers: ["a", 2] } }).map(
        ({ property }) => property,
      ),
      ["build.context", "build.args.a", "build.triggers[1]", "build.dockerFile"],
    );
  });

  it("name regions in any order and any number of times, which is no change", () => {
    const regions = (declared: string[]) => checkDeclared(config, { ...good, regions: declared }).inputs.regions;
    assert.deepEqual(regions(["use1", "euc1", "use1"]), ["euc1", "use1"]);
    only("regions", /at least one region/, { regions: [] });
  });

  it("take the stack's region when none is named", () => {
    const withRegion = configFor("http://127.0.0.1:1", { region: "euc1" });
    assert.deepEqual(checkDeclared(withRegion, good).inputs.regions, ["euc1"]);
    assert.deepEqual(checkDeclared(withRegion, { ...good, regions: ["use1"] }).inputs.regions, ["use1"]);
  });

  it("take no hash from outside", () => {
    const { inputs, failures } = checkDeclared(config, { ...good, contextHash: "declared" });
    assert.deepEqual(failures, []);
    assert.equal("contextHash" in inputs, false);
  });

  it("find misspelt names", () => only("acces", /did you mean access/, { acces: { web: true } }));

  const fields = [
    "name",
    "version",
    "description",
    "build",
    "access",
    "clusterCompatible",
    "projectId",
    "folder",
    "regions",
  ];
  for (const field of [...fields, "archive", "verify", "onDelete", "timeouts"]) {
    it(`are right with a ${field} that is not known yet`, () => {
      const { inputs, failures } = checkDeclared(config, { ...good, [field]: unknownValue });
      assert.deepEqual(failures, []);
      assert.equal(Reflect.get(inputs, field), unknownValue);
    });
  }

  it("are right with unknown parts of build", () => {
    const build = { context: ".", args: { A: unknownValue }, secrets: { token: { env: unknownValue } } };
    assert.deepEqual(failures({ build }), []);
    assert.deepEqual(failures({ build: { context: ".", secrets: { token: unknownValue } } }), []);
  });
});
