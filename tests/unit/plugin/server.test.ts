import { strict as assert } from "node:assert";
import path from "node:path";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CheckRequest,
  type CheckResponse,
  ConfigureRequest,
  DiffRequest,
  DiffResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { type Plugin, startPlugin } from "../../../provider/plugin/server";
import { received, sent } from "../../../provider/plugin/values";
import { command } from "../../support/programs/command";

const repository = path.resolve(__dirname, "../../..");

describe("the plugin's server", () => {
  let plugin: Plugin;
  let client: ResourceProviderClient;

  before(async () => {
    plugin = await startPlugin("0.0.0", undefined);
    client = new ResourceProviderClient(`127.0.0.1:${plugin.port}`, credentials.createInsecure());
  });

  after(async () => {
    client.close();
    await plugin.end("the test is over");
  });

  const answer = <Request, Response>(
    method: (request: Request, callback: (error: ServiceError | null, response: Response) => void) => unknown,
    request: Request,
  ) =>
    new Promise<Response>((resolve, reject) => {
      method.call(client, request, (error, response) => (error === null ? resolve(response) : reject(error)));
    });

  const checkConfig = (settings: Record<string, unknown>): Promise<CheckResponse> => {
    const request = new CheckRequest();
    request.setNews(sent(settings));
    return answer(client.checkConfig, request);
  };

  it("returns a plain API key as secret", async () => {
    const response = await checkConfig({ apiKey: "k", projectId: "p" });
    assert.deepEqual(received(response.getInputs()), {
      values: { apiKey: "k", projectId: "p" },
      secrets: [["apiKey"]],
    });
    assert.deepEqual(response.getFailuresList(), []);
  });

  it("refuses a misspelt setting", async () => {
    const [failure] = (await checkConfig({ baseURI: "x" })).getFailuresList();
    assert.equal(failure?.getProperty(), "baseURI");
    assert.match(failure?.getReason() ?? "", /did you mean ica:baseUrl\?/);
  });

  it("takes a changed API key as an update of the provider, never as a replacement", async () => {
    const request = new DiffRequest();
    request.setOldInputs(sent({ apiKey: "old", version: "1" }));
    request.setNews(sent({ apiKey: "new", version: "2" }));
    const response = await answer<DiffRequest, DiffResponse>(client.diffConfig, request);
    assert.equal(response.getChanges(), DiffResponse.DiffChanges.DIFF_SOME);
    assert.deepEqual([response.getDiffsList(), response.getReplacesList()], [["apiKey"], []]);
  });

  it("shows an error as one line, without a stack and without the key", async () => {
    const settings = new ConfigureRequest();
    settings.setArgs(sent({ apiKey: "hush-hush-key", baseUrl: "http://127.0.0.1:9" }));
    await answer(client.configure, settings);
    const request = new DiffRequest();
    request.setUrn("urn:pulumi:dev::test::ica:index:Nothing$ica:index:hush-hush-key::n");
    await assert.rejects(answer(client.diff, request), ({ details }: ServiceError) => {
      assert.match(
        details,
        /^this plugin has no resource ica:index:.*; it has ica:index:BenchImage, ica:index:Workspace$/,
      );
      assert.doesNotMatch(details, /hush-hush/);
      return true;
    });
  });

  it("loads nothing of @pulumi/pulumi but its messages", async () => {
    const script = `
      require("tsx/cjs");
      require(process.argv[1]);
      process.stdout.write(JSON.stringify(Object.keys(require.cache)), () => process.exit());`;
    const { stdout } = await command("node", ["-e", script, path.join(repository, "provider/plugin/server.ts")], {
      cwd: repository,
    });
    const loaded = (JSON.parse(stdout) as string[]).filter((file) => file.includes("/@pulumi/pulumi/"));
    assert.ok(loaded.length > 0);
    assert.deepEqual(
      loaded.filter((file) => !file.includes("/@pulumi/pulumi/proto/")),
      [],
    );
  });
});
