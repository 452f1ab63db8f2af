import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "../../../provider/config";
import { BenchImage, config, Workspace } from "../../../sdk/index";
import { setEnvironment } from "../../support/programs/environment";

/** Outputs as a test sees them. */
function seen<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

describe("the resources of the SDK", () => {
  const made: pulumi.runtime.MockResourceArgs[] = [];

  before(async () => {
    await pulumi.runtime.setMocks(
      {
        newResource: (args) => {
          made.push(args);
          return {
            id: `${args.name}-id`,
            state: { ...args.inputs, imageId: "image-1", workspaceId: "ws-1", status: "OK" },
          };
        },
        call: () => ({}),
      },
      "project",
      "stack",
      false,
    );
  });

  beforeEach(() => {
    made.length = 0;
  });

  const image = (name: string, more: Partial<ConstructorParameters<typeof BenchImage>[1]> = {}) =>
    new BenchImage(name, { build: { context: "./image" }, access: { web: true }, ...more });
  const workspace = (name: string, more: Partial<ConstructorParameters<typeof Workspace>[1]> = {}) =>
    new Workspace(name, {
      image: "image-1",
      resourceModel: "standard-small",
      storageGb: 64,
      access: { web: true },
      network: "public",
      ...more,
    });

  async function inputsOf(resource: pulumi.CustomResource): Promise<Record<string, unknown>> {
    await seen(resource.urn);
    const [args] = made;
    assert.ok(args, "nothing was registered");
    return args.inputs;
  }

  it("permanently carry the same code that names their handlers", async () => {
    assert.equal(
      (await inputsOf(image("a"))).__provider,
      'exports.handler = () => require("pulumi-ica/provider").benchImage;',
    );
    made.length = 0;
    assert.equal(
      (await inputsOf(workspace("b"))).__provider,
      'exports.handler = () => require("pulumi-ica/provider").workspace;',
    );
  });

  it("never change their type tokens", async () => {
    await inputsOf(image("a"));
    await inputsOf(workspace("b"));
    assert.deepEqual(
      made.map(({ type }) => type),
      ["pulumi-nodejs:dynamic/ica:BenchImage", "pulumi-nodejs:dynamic/ica:Workspace"],
    );
  });

  it("pass the handler their own URN, for its progress lines", async () => {
    const resource = image("rstudio");
    assert.equal((await inputsOf(resource)).__urn, await seen(resource.urn));
    made.length = 0;
    const inner = workspace("inner", {});
    assert.equal((await inputsOf(inner)).__urn, await seen(inner.urn));
  });

  it("pass it also when they have a parent", async () => {
    const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
    await seen(parent.urn);
    made.length = 0;
    const child = new Workspace(
      "child",
      { image: "i", resourceModel: "s", storageGb: 10, access: {}, network: "public" },
      { parent },
    );
    assert.equal((await inputsOf(child)).__urn, await seen(child.urn));
  });

  it("tell the handler which inputs are secret, at any depth, and carry none themselves", async () => {
    const secret = await inputsOf(
      image("i", {
        name: pulumi.secret("hidden"),
        description: pulumi.interpolate`of ${pulumi.secret("x")}`,
        build: { context: "./image", args: { TOKEN: pulumi.secret("t"), PLAIN: pulumi.output("p") } },
        regions: [pulumi.output("use1"), pulumi.secret("euc1")],
      }),
    );
    const paths = secret.__secrets as string[][];
    assert.deepEqual(paths.map((path) => path.join(".")).sort(), [
      "build.args.TOKEN",
      "description",
      "name",
      "regions.1",
    ]);
    made.length = 0;
    const whole = await inputsOf(workspace("w", { access: pulumi.secret({ web: true }), allowedUrls: [] }));
    assert.deepEqual(whole.__secrets, [["access"]]);
    made.length = 0;
    const inTheState = new Workspace(
      "state",
      { image: "i", resourceModel: "s", storageGb: 10, access: {}, network: "public" },
      { additionalSecretOutputs: ["name"] },
    );
    assert.deepEqual((await inputsOf(inTheState)).__secrets, [["name"]]);
    for (const { inputs } of made)
      for (const key of ["__urn", "__provider", "__secrets", "__defaults"])
        assert.ok(!pulumi.Output.isInstance(inputs[key]));
  });

  it("mark a default name for the handler, and not a declared one", async () => {
    assert.deepEqual((await inputsOf(workspace("a"))).__defaults, ["name"]);
    made.length = 0;
    assert.equal((await inputsOf(workspace("b", { name: "mine" }))).__defaults, undefined);
  });

  it("have names that are the same at every try", async () => {
    assert.equal((await inputsOf(image("rstudio"))).name, "rstudio");
    made.length = 0;
    assert.equal((await inputsOf(workspace("genomics"))).name, "project-stack-genomics");
    made.length = 0;
    assert.equal((await inputsOf(workspace("genomics2", { name: "mine" }))).name, "mine");
  });

  it("send what was declared and nothing else", async () => {
    const { __provider, __urn, __defaults, ...inputs } = await inputsOf(workspace("w", { desiredState: "running" }));
    assert.deepEqual(inputs, {
      name: "project-stack-w",
      image: "image-1",
      resourceModel: "standard-small",
      storageGb: 64,
      access: { web: true },
      network: "public",
      desiredState: "running",
    });
    made.length = 0;
    const sent = await inputsOf(image("i", { regions: ["use1"] }));
    assert.deepEqual(Object.keys(sent).sort(), [
      "__defaults",
      "__provider",
      "__urn",
      "access",
      "build",
      "name",
      "regions",
    ]);
  });

  it("take an image of another resource, by the name the local Docker has it under", async () => {
    class LocalImage extends pulumi.CustomResource {
      declare readonly imageName: pulumi.Output<string>;
      constructor() {
        super("docker:index/image:Image", "local", { imageName: "mybench:1" });
      }
    }
    const local = new LocalImage();
    await seen(local.urn);
    made.length = 0;
    const { build: _, ...rest } = { build: undefined, access: { web: true } };
    assert.equal((await inputsOf(new BenchImage("from-local", { ...rest, image: local }))).image, "mybench:1");
    made.length = 0;
    assert.equal((await inputsOf(new BenchImage("from-ref", { ...rest, image: "mybench:2" }))).image, "mybench:2");
  });

  it("have outputs that other resources can take", async () => {
    const built = image("source");
    assert.equal(await seen(built.imageId), "image-1");
    assert.equal(await seen(built.status), "OK");
    for (const output of ["contextHash", "dataId", "archiveName", "archiveSize", "archiveSha256"] as const)
      assert.ok(pulumi.Output.isInstance(built[output]), `${output} is no output`);
    for (const output of ["imageDigest", "urls", "benchSettings", "version", "projectId", "name"] as const)
      assert.ok(pulumi.Output.isInstance(built[output]), `${output} is no output`);
    const room = workspace("room", { image: built.imageId });
    assert.equal(await seen(room.workspaceId), "ws-1");
    for (const output of ["webUrl", "consoleHost", "consolePort", "projectId", "name", "status"] as const)
      assert.ok(pulumi.Output.isInstance(room[output]), `${output} is no output`);
  });

  it("recognise their own kind", () => {
    const [one, other] = [image("one"), workspace("other")];
    assert.equal(BenchImage.isInstance(one), true);
    assert.equal(BenchImage.isInstance(other), false);
    assert.equal(Workspace.isInstance(other), true);
    for (const nothing of [undefined, null, "x", {}]) assert.equal(Workspace.isInstance(nothing), false);
  });

  describe("offer the configuration", () => {
    const withSettings = (stack: Record<string, string>, env: Record<string, string>, look: () => void) => {
      const none = { ICA_PROJECT_ID: undefined, ICA_BASE_URL: undefined, ICA_REGION: undefined };
      const restoreEnvironment = setEnvironment({ ...none, ...env });
      pulumi.runtime.setAllConfig(stack);
      try {
        look();
      } finally {
        pulumi.runtime.setAllConfig({});
        restoreEnvironment();
      }
    };

    it("but never the key", () => assert.equal("apiKey" in config, false));

    const cases: [string, Record<string, string>, Record<string, string>][] = [
      ["from the stack before the environment", settings("stack", "ica:"), settings("env", "ICA_")],
      ["from the environment", {}, settings("env", "ICA_")],
      ["from the environment where the stack's is blank", settings(" ", "ica:"), settings("env", "ICA_")],
      ["with the public ICA by default, and nothing else", {}, {}],
      ["with an address in its full form", { "ica:baseUrl": " https://ica.example/ " }, {}],
    ];
    for (const [what, stack, env] of cases)
      it(`${what}, as the provider reads it`, () =>
        withSettings(stack, env, () => {
          const { projectId, baseUrl, region } = readConfig((key) => stack[key], { ...env, ICA_API_KEY: "k" });
          assert.deepEqual({ ...config }, { projectId, baseUrl, region });
        }));

    it("with the provider's message when an address is not valid", () =>
      withSettings({ "ica:baseUrl": "nowhere", "ica:region": "use1" }, {}, () => {
        assert.throws(
          () => config.baseUrl,
          /ica:baseUrl in the stack's configuration is not a web address .*: nowhere/,
        );
        assert.equal(config.region, "use1");
      }));
  });
});

/** All settings that a program may read, of one origin; blank where that is. */
function settings(origin: string, prefix: "ica:" | "ICA_"): Record<string, string> {
  const names = prefix === "ica:" ? ["projectId", "baseUrl", "region"] : ["PROJECT_ID", "BASE_URL", "REGION"];
  const values = [origin, origin.trim() === "" ? origin : `https://${origin}.example`, origin];
  return Object.fromEntries(names.map((name, index) => [`${prefix}${name}`, values[index] ?? ""]));
}
