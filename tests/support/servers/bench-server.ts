import type { DockerImage } from "../../../provider/ica/docker-images";
import type { Workspace } from "../../../provider/ica/workspaces";
import { projectId } from "../context";
import { dockerImage, liveWorkspace } from "../factories";
import { ok, problem, type ScriptedServer, type Seen } from "./scripted-server";

const collection = `/api/projects/${projectId}/workspaces`;

/** The workspace calls over a map. What a start and a stop lead to can be told; each look moves a workspace on by one state. */
export class BenchServer {
  readonly workspaces = new Map<string, Workspace>();
  /** What an image offers; every id is one unless a test says otherwise. */
  imageOf: (id: string) => DockerImage | undefined = (id) =>
    dockerImage({ id, benchSettings: { clusterCompatible: false, access: { web: true, console: true } } });
  /** The list of all images, which is looked at where one is not found by its id. */
  listedImages: DockerImage[] = [];
  /** The states that a start goes through, one at each look. */
  afterStart: Partial<Workspace>[] = [{ status: "Starting" }, { status: "Running" }];
  /** The states that a stop goes through, one at each look. */
  afterStop: Partial<Workspace>[] = [{ status: "Stopping" }, { status: "Stopped" }];
  readonly #coming = new Map<string, Partial<Workspace>[]>();
  readonly #server: ScriptedServer;
  #made = 0;
  #version = 0;

  constructor(server: ScriptedServer) {
    this.#server = server;
    server.on("GET", `/api/projects/${projectId}`, ok({ ...project }));
    server.on("GET", /^\/api\/dockerImages\/[^/:]+$/, ({ path }) => {
      const image = this.imageOf(path.split("/").at(-1) ?? "");
      return image === undefined ? problem(404, "No such image") : ok(image);
    });
    server.on("GET", "/api/dockerImages", () => ok({ items: this.listedImages }));
    server.on("GET", collection, ({ query }) => {
      const items = [...this.workspaces.values()].filter(({ name }) => query.name === undefined || query.name === name);
      const offset = Number(query.pageOffset ?? 0);
      return ok({
        items: items.slice(offset, offset + Number(query.pageSize ?? 50)),
        totalItemCount: items.length,
      });
    });
    server.on("POST", collection, ({ body }) => {
      const workspace = liveWorkspace({ ...settings(body), id: `made-${++this.#made}`, status: "Stopped" });
      this.workspaces.set(workspace.id, workspace);
      return { status: 201, body: workspace };
    });
    server.on("GET", new RegExp(`^${collection}/[^/:]+$`), (seen) =>
      this.#one(seen, (workspace) => this.#look(workspace)),
    );
    server.on("PUT", new RegExp(`^${collection}/[^/:]+$`), (seen) =>
      this.#one(seen, (workspace) => {
        this.#version++;
        return ok(this.#set(workspace, settings(seen.body)));
      }),
    );
    server.on("POST", /:start$/, (seen) => this.#one(seen, (workspace) => this.#go(workspace, this.afterStart)));
    server.on("POST", /:stop$/, (seen) => this.#one(seen, (workspace) => this.#go(workspace, this.afterStop)));
    server.on("POST", /:delete$/, (seen) =>
      this.#one(seen, (workspace) => {
        this.workspaces.delete(workspace.id);
        return { status: 204 };
      }),
    );
  }

  /** Puts a workspace there, as if somebody had made it. */
  has(overrides: Partial<Workspace> = {}): Workspace {
    const workspace = liveWorkspace(overrides);
    this.workspaces.set(workspace.id, workspace);
    return workspace;
  }

  /** What was written, in short: `create`, `update`, `start`, `stop`, `delete`. */
  get written(): string[] {
    return this.#server.seen
      .filter(({ method, path }) => method !== "GET" && path.startsWith(collection))
      .map(({ method, path }) => path.split(":")[1] ?? (method === "PUT" ? "update" : "create"));
  }

  /** Lets a workspace go through these states, one at each look. */
  goes(id: string, states: readonly Partial<Workspace>[]): void {
    this.#coming.set(id, [...states]);
  }

  #one({ path }: Seen, act: (workspace: Workspace) => ReturnType<typeof ok>) {
    const id = path.slice(collection.length + 1).split(":")[0] ?? "";
    const workspace = this.workspaces.get(id);
    return workspace === undefined ? problem(404, "No such workspace") : act(workspace);
  }

  #look(workspace: Workspace) {
    const next = this.#coming.get(workspace.id)?.shift();
    return ok(next === undefined ? workspace : this.#set(workspace, next), { ETag: `"v${this.#version}"` });
  }

  #go(workspace: Workspace, states: readonly Partial<Workspace>[]) {
    this.#coming.set(workspace.id, [...states]);
    return { status: 204 };
  }

  #set(workspace: Workspace, changes: Partial<Workspace>): Workspace {
    const changed = { ...workspace, ...changes };
    this.workspaces.set(workspace.id, changed);
    return changed;
  }
}

const project = { id: projectId, name: "demo", active: true, region: { id: "region-1", code: "use1" } };

function settings(body: unknown): Partial<Workspace> {
  return typeof body === "object" && body !== null ? body : {};
}
