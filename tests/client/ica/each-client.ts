import { IcaClient } from "../../../provider/ica/client";
import { IcaError } from "../../../provider/ica/transport/error";
import { projectId } from "../../support/context";
import { FakeClock } from "../../support/fake-clock";
import { ok, ScriptedServer } from "../../support/servers/scripted-server";

export const apiKey = "k3y-of-the-user";
const project = { id: projectId, name: "demo", active: true, region: { id: "region-1", code: "use1" } };
export const newImage = {
  dockerDataId: "fil.1",
  dockerDataProjectId: projectId,
  name: "rstudio",
  version: "1",
  type: "BENCH",
  regions: ["region-1"],
} as const;

/** What a test of the REST client uses. */
export interface ScriptedClient {
  readonly server: ScriptedServer;
  readonly clock: FakeClock;
  readonly client: IcaClient;
}

/** Gives each test of a suite its own scripted ICA and a client with a held clock, and closes the server afterwards. */
export function eachClient(use: (scripted: ScriptedClient) => void): void {
  let server: ScriptedServer | undefined;
  beforeEach(async () => {
    server = await ScriptedServer.start();
    const clock = new FakeClock();
    server.on("GET", "/api/regions", ok({ items: [{ id: "region-1", code: "use1" }] }));
    server.on("GET", `/api/projects/${projectId}`, ok(project));
    use({ server, clock, client: new IcaClient({ baseUrl: server.baseUrl, apiKey, clock }) });
  });
  afterEach(() => server?.close());
}

/** The error that a call ends in. */
export async function failureOf(promise: Promise<unknown>): Promise<IcaError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof IcaError) {
      return error;
    }
    throw error;
  }
  throw new Error("the call should have failed");
}
