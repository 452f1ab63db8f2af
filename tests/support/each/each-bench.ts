import { contextFor, type TestContext } from "../context";
import { BenchServer } from "../servers/bench-server";
import { ScriptedServer } from "../servers/scripted-server";

/** What a test of the workspace handler uses. */
export interface Scripted {
  readonly server: ScriptedServer;
  readonly bench: BenchServer;
  readonly context: TestContext;
}

/** Gives each test of a suite its own scripted ICA with at most one workspace, and closes it afterwards. */
export function eachBench(use: (scripted: Scripted) => void): void {
  let server: ScriptedServer | undefined;
  beforeEach(async () => {
    server = await ScriptedServer.start();
    use({ server, bench: new BenchServer(server), context: contextFor(server.baseUrl) });
  });
  afterEach(() => server?.close());
}
