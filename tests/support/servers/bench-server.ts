import type { DockerImage } from "../../../provider/ica/docker-images";
import type { Workspace } from "../../../provider/ica/workspaces";
import { projectId } from "../context";
import { dockerImage, liveWorkspace } from "../factories";
import { ok, problem, type ScriptedServer, type Seen } from "./scripted-server";

const collection = `/api/projects/${projectId}/workspaces`;

/**
 * The workspace calls over a map. A test can set the states that follow a start and a stop; each read moves a workspace
 * on by one state.
 */
export class BenchServer {
  readonly workspaces = new Map<string, Workspace>();
  /** The image for an id; by default every id has one. */
  imageOf: (id: string) => DockerImage | undefined = (id) =>
    dockerImage({ id, benchSettings: { clusterCompatible: false, access: { web: true, console: true } } });
  /** The list of all images, which clients read for an image that its id does not find. */
  listedImages: DockerImage[] = [];
  /** The states that follow a start, one per read. */
  afterStart: Partial<Workspace>[] = [{ status: "Starting" }, { status: "Running" }];
  /** The states that follow a stop, one per read. */
  afterStop: Partial<Workspace>[] = [{ status: "Stopping" }, { status: "Stopped" }];
  /** The stored answers of create calls, by Idempotency-Key. */
  readonly #created = new Map<string, Workspace>();
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
    server.on("POST", collection, ({ body, headers }) => {
      const key = String(headers["idempotency-key"]);
      const before = this.#created.get(key);
      if (before !== undefined) return { status: 201, body: before };
      const { name } = settings(body);
      if ([...this.workspaces.values()].some((one) => one.name === name))
        return problem(409, `There is already a ${name}`);
      const workspace = liveWorkspace({ ...settings(body), id: `made-${++this.#made}`, status: "Stopped" });
      this.workspaces.set(workspace.id, workspace);
      this.#created.set(key, workspace);
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

  /** Adds a workspace, as if created by another client. */
  has(overrides: Partial<Workspace> = {}): Workspace {
    const workspace = liveWorkspace(overrides);
    this.workspaces.set(workspace.id, workspace);
    return workspace;
  }

  /** The writes in short: `create`, `update`, `start`, `stop`, `delete`. */
  get written(): string[] {
    return this.#server.seen
      .filter(({ method, path }) => method !== "GET" && path.startsWith(collection))
      .map(({ method, path }) => path.split(":")[1] ?? (method === "PUT" ? "update" : "create"));
  }

  /** Moves a workspace through these states, one per read. */
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
