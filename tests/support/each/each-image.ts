import { contextFor, type TestContext } from "../context";
import { ImageServer } from "../servers/image-server";
import { ScriptedServer } from "../servers/scripted-server";

/** What a test of the image handler uses. */
export interface ScriptedImages {
  readonly server: ScriptedServer;
  readonly ica: ImageServer;
  readonly context: TestContext;
}

/** Gives each test of a suite its own scripted ICA, and closes it afterwards. */
export function eachImage(use: (scripted: ScriptedImages) => void): void {
  let server: ScriptedServer | undefined;
  beforeEach(async () => {
    server = await ScriptedServer.start();
    use({ server, ica: new ImageServer(server), context: contextFor(server.baseUrl) });
  });
  afterEach(() => server?.close());
}
