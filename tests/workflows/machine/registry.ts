import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import path from "node:path";
import { z } from "zod";
import { command } from "../../support/programs/command";

const repository = path.resolve(__dirname, "../../..");
const packed = z.tuple([z.object({ filename: z.string() })]);
const manifest = z.looseObject({ name: z.string(), version: z.string() });

/** npm's registry as it is after the next release: pulumi-ica as built here, all else from the registry that npm uses. */
export class Registry {
  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  static async start(folder: string): Promise<Registry> {
    await mkdir(folder, { recursive: true });
    const { stdout } = await command("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      cwd: repository,
    });
    const archive = await readFile(path.join(folder, packed.parse(JSON.parse(stdout))[0].filename));
    const { stdout: others } = await command("npm", ["config", "get", "registry"]);
    const own = manifest.parse(JSON.parse(await readFile(path.join(repository, "package.json"), "utf8")));
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the registry does not listen");
    const url = `http://127.0.0.1:${address.port}/`;
    const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
    const document = JSON.stringify({
      name: own.name,
      "dist-tags": { latest: own.version },
      versions: { [own.version]: { ...own, dist: { tarball: `${url}-/archive.tgz`, integrity } } },
    });
    server.on("request", (request, response) => {
      if (request.url === "/pulumi-ica") response.setHeader("Content-Type", "application/json").end(document);
      else if (request.url === "/-/archive.tgz") response.end(archive);
      else response.writeHead(302, { Location: new URL((request.url ?? "/").slice(1), others).href }).end();
    });
    return new Registry(url, server);
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
  }
}
