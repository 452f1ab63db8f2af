import { strict as assert } from "node:assert";
import * as grpc from "@grpc/grpc-js";
import { EngineClient, EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { GetRootResourceRequest, GetRootResourceResponse } from "@pulumi/pulumi/proto/engine_pb";
import { until } from "../support/until";
import { clientOptions } from "./own-connections";

describe("a program that drives one engine after another", () => {
  it("reaches a new engine at the address of an ended one", async () => {
    const first = await engine(0);
    const address = `127.0.0.1:${first.port}`;
    assert.equal(await ask(address), "urn");
    first.server.forceShutdown();
    await until("the ended engine answers no more", async () => (await ask(address)).includes("UNAVAILABLE"));
    const second = await engine(first.port);
    try {
      assert.equal(await ask(address), "urn");
    } finally {
      second.server.forceShutdown();
    }
  });
});

async function engine(port: number) {
  const server = new grpc.Server();
  server.addService(EngineService, {
    getRootResource: (_: unknown, reply: grpc.sendUnaryData<GetRootResourceResponse>) => {
      const response = new GetRootResourceResponse();
      response.setUrn("urn");
      reply(null, response);
    },
  });
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, actual) =>
      error ? reject(error) : resolve(actual),
    ),
  );
  return { server, port: bound };
}

/** The engine's answer, or why there is none. The client is left open, as Pulumi leaves its own. */
function ask(address: string): Promise<string> {
  const client = new EngineClient(address, grpc.credentials.createInsecure(), clientOptions);
  return new Promise((resolve) =>
    client.getRootResource(new GetRootResourceRequest(), (error: Error | null, response?: GetRootResourceResponse) =>
      resolve(error?.message ?? response?.getUrn() ?? ""),
    ),
  );
}
