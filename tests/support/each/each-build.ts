import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { contextFor, type TestContext } from "../context";
import { ImageServer } from "../servers/image-server";
import { ScriptedServer } from "../servers/scripted-server";

/** What a test of an image's preview uses. */
export interface ScriptedBuild {
  readonly server: ScriptedServer;
  readonly ica: ImageServer;
  readonly context: TestContext;
  /** A context with a minimal Dockerfile. */
  readonly folder: string;
}

/** Gives each test of a suite its own scripted ICA and context, and removes both afterwards. */
export function eachBuild(use: (scripted: ScriptedBuild) => void): void {
  let made: ScriptedBuild | undefined;
  beforeEach(async () => {
    const server = await ScriptedServer.start();
    const folder = await mkdtemp(path.join(tmpdir(), "bench-image-"));
    await writeFile(path.join(folder, "Dockerfile"), "FROM scratch\n");
    made = { server, folder, ica: new ImageServer(server), context: contextFor(server.baseUrl) };
    use(made);
  });
  afterEach(async () => {
    await made?.server.close();
    if (made !== undefined) await rm(made.folder, { recursive: true });
  });
}
