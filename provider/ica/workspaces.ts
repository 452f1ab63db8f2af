import { z } from "zod";
import type { Projects } from "./projects";
import { IcaError } from "./transport/error";
import { type Answer, type Caller, media, noContent, path, type Request } from "./transport/http";

// The only place with the paths and field names of the workspace calls. They are assumed: no public document of ICA
// describes such calls (docs/assumptions.md).

const clusterSchema = z.object({
  scaling: z.enum(["STATIC", "DYNAMIC"]),
  /** The number of members when static, the largest number when dynamic. */
  members: z.number(),
  managerImageId: z.string().nullish(),
  managerWebAccess: z.boolean(),
  dedicatedManager: z.boolean(),
});

const settingsShape = {
  name: z.string(),
  imageId: z.string(),
  resourceModel: z.string(),
  storageSizeInGb: z.number(),
  access: z.object({ web: z.boolean(), console: z.boolean() }),
  network: z.object({ mode: z.enum(["PUBLIC", "RESTRICTED"]), allowedUrls: z.array(z.string()) }),
  /** Absent when there is no cluster. */
  cluster: clusterSchema.nullish(),
  /** Since ICA 2.40; when a request leaves it out, ICA uses its default. */
  ephemeralStorage: z.boolean().nullish(),
  /** Since ICA 2.41; when a request leaves it out, ICA uses its default, which is SINGLE since then. */
  users: z.enum(["SINGLE", "MULTI"]).nullish(),
};

const settingsSchema = z.object(settingsShape);

/** The settings of a workspace that can be changed. */
export type WorkspaceSettings = z.infer<typeof settingsSchema>;

const workspaceSchema = z.object({
  ...settingsShape,
  id: z.string(),
  /** Stopped, Starting, Running, Stopping or Failed; not an enum, since the full list is unknown. */
  status: z.string(),
  statusMessage: z.string().nullish(),
  webUrl: z.string().nullish(),
  consoleHost: z.string().nullish(),
  consolePort: z.number().nullish(),
});

export type Workspace = z.infer<typeof workspaceSchema>;

/** A workspace with the tag of its version, which later proves that it is unchanged. */
export interface VersionedWorkspace {
  readonly workspace: Workspace;
  readonly etag: string | undefined;
}

/** What is known about a workspace that was just created. */
export interface MadeWorkspace {
  readonly id: string;
  /** Undefined when the response has an id but otherwise not the assumed form. */
  readonly workspace: Workspace | undefined;
}

/** Rows of a page when many workspaces are read together: the default of the assumed call. */
export const pageSize = 50;

const pageSchema = z.object({ items: z.array(workspaceSchema), totalItemCount: z.number().nullish() });

/** One page of a project's list of workspaces. */
export interface WorkspacePage {
  readonly items: readonly Workspace[];
  /** How many workspaces the whole list has, if the server reports it. */
  readonly total: number | undefined;
}

export interface ListedWorkspace {
  readonly id: string;
  readonly name: string;
  /** Undefined when it does not have the assumed form; {@link Workspaces.get} reports what is wrong. */
  readonly workspace: Workspace | undefined;
}

const listedSchema = z
  .looseObject({ id: z.string(), name: z.string() })
  .transform(
    (row): ListedWorkspace => ({ id: row.id, name: row.name, workspace: workspaceSchema.safeParse(row).data }),
  );

/** The server appears to have no workspace calls at all. */
export class WorkspaceApiMissing extends Error {
  override readonly name = "WorkspaceApiMissing";
  constructor(cause: IcaError) {
    super(
      `This ICA does not serve the workspace calls that pulumi-ica assumes: ${cause.call} answered ${cause.status ?? "nothing"}. ` +
        "Images keep working. No public document of ICA describes calls for workspaces; docs/assumptions.md of pulumi-ica says what is " +
        "assumed, and `ica-bench doctor` checks your tenant. Until then workspaces are made on the Bench page, or on the emulator.",
      { cause },
    );
  }
}

/** Tag "Workspace" (assumed). */
export class Workspaces {
  readonly #send: Caller;
  readonly #projects: Projects;
  #writes = 0;

  constructor(call: Caller, projects: Projects) {
    this.#send = call;
    this.#projects = projects;
  }

  /** Changes whenever a call that writes begins or ends; anything read before then is out of date. */
  get writes(): number {
    return this.#writes;
  }

  /** The workspaces from number `offset` on (the first is 0), in order of creation. */
  async page(projectId: string, offset: number): Promise<WorkspacePage> {
    const { body } = await this.#collection(projectId, {
      method: "GET",
      path: path`/api/projects/${projectId}/workspaces`,
      query: { pageOffset: String(offset), pageSize: String(pageSize) },
      media: media.v4,
      answer: pageSchema,
    });
    return { items: body.items, total: body.totalItemCount ?? undefined };
  }

  /** Rejects when the server has no workspace calls or no such project. */
  async confirmServed(projectId: string): Promise<void> {
    await this.#collection(projectId, {
      method: "GET",
      path: path`/api/projects/${projectId}/workspaces`,
      query: { pageSize: "1" },
      media: media.v4,
      answer: z.object({ items: z.array(z.unknown()) }),
    });
  }

  /** The workspace of this name, if it exists. Also works when ICA ignores the filter. */
  async findByName(projectId: string, name: string): Promise<Workspace | undefined> {
    const found = (await this.listed(projectId, name)).find((row) => row.name === name);
    return found === undefined ? undefined : this.whole(projectId, found);
  }

  /** Every workspace of the project that the user can see. Rejects when one does not have the assumed form. */
  async list(projectId: string): Promise<Workspace[]> {
    return this.#all(projectId, undefined, workspaceSchema);
  }

  /**
   * The same, but a workspace of an unknown form does not cause a failure: other people's workspaces may have settings that
   * this version cannot read. The result is limited to `name` only if ICA applies the filter.
   */
  async listed(projectId: string, name?: string): Promise<ListedWorkspace[]> {
    return this.#all(projectId, name, listedSchema);
  }

  /** Everything known about one workspace of a list. */
  async whole(projectId: string, { id, workspace }: ListedWorkspace): Promise<Workspace> {
    return workspace ?? (await this.get(projectId, id)).workspace;
  }

  async #all<T>(projectId: string, name: string | undefined, row: z.ZodType<T>): Promise<T[]> {
    const all: T[] = [];
    for (;;) {
      const { body } = await this.#collection(projectId, {
        method: "GET",
        path: path`/api/projects/${projectId}/workspaces`,
        query: { name, pageOffset: String(all.length), pageSize: "1000" },
        media: media.v4,
        answer: z.object({ items: z.array(row), totalItemCount: z.number() }),
      });
      all.push(...body.items);
      // An empty page ends the list, even if the count is higher: a faulty server must not cause an endless loop.
      if (body.items.length === 0 || all.length >= body.totalItemCount) {
        return all;
      }
    }
  }

  async create(projectId: string, settings: WorkspaceSettings, idempotencyKey: string): Promise<MadeWorkspace> {
    try {
      return await this.#create(projectId, settings, idempotencyKey);
    } catch (error) {
      // A 404 may be about the image. The calls are missing only if the list is missing too.
      if (error instanceof IcaError && error.isNotFound) {
        await this.confirmServed(projectId);
      }
      throw error;
    }
  }

  async #create(projectId: string, settings: WorkspaceSettings, idempotencyKey: string): Promise<MadeWorkspace> {
    const { body } = await this.#write({
      method: "POST",
      path: path`/api/projects/${projectId}/workspaces`,
      body: settings,
      headers: { "Idempotency-Key": idempotencyKey },
      media: media.v4,
      // Requires only the id, which must not be lost.
      answer: z.looseObject({ id: z.string().min(1) }),
    });
    return { id: body.id, workspace: workspaceSchema.safeParse(body).data };
  }

  /** Rejects with an error whose `isNotFound` is true when the workspace does not exist or no longer exists. */
  async get(projectId: string, workspaceId: string): Promise<VersionedWorkspace> {
    const { body, etag } = await this.#send({
      method: "GET",
      path: path`/api/projects/${projectId}/workspaces/${workspaceId}`,
      media: media.v4,
      answer: workspaceSchema,
    });
    return { workspace: body, etag };
  }

  /** `etag` is the version that the change is based on. ICA answers 409 when another change came first. */
  async update(
    projectId: string,
    workspaceId: string,
    settings: WorkspaceSettings,
    etag: string | undefined,
  ): Promise<Workspace> {
    const { body } = await this.#write({
      method: "PUT",
      path: path`/api/projects/${projectId}/workspaces/${workspaceId}`,
      body: settings,
      headers: etag === undefined ? {} : { "If-Match": etag },
      media: media.v4,
      answer: workspaceSchema,
      // A repeated PUT with If-Match would conflict with its own first try.
      repeatable: etag === undefined,
    });
    return body;
  }

  async start(projectId: string, workspaceId: string): Promise<void> {
    await this.#post(path`/api/projects/${projectId}/workspaces/${workspaceId}:start`);
  }

  async stop(projectId: string, workspaceId: string): Promise<void> {
    await this.#post(path`/api/projects/${projectId}/workspaces/${workspaceId}:stop`);
  }

  /** Repeated after a fault. If ICA then refuses the call, the caller checks whether the workspace is gone or being deleted. */
  async delete(projectId: string, workspaceId: string): Promise<void> {
    await this.#post(path`/api/projects/${projectId}/workspaces/${workspaceId}:delete`, true);
  }

  async #post(callPath: string, repeatable = false): Promise<void> {
    await this.#write({ method: "POST", path: callPath, media: media.v4, answer: noContent, repeatable });
  }

  async #write<T>(request: Request<T>): Promise<Answer<T>> {
    this.#writes++;
    try {
      return await this.#send(request);
    } finally {
      this.#writes++;
    }
  }

  /** The calls on the whole collection. A 404 (or 405) for an existing project means that the server does not have them. */
  async #collection<T>(projectId: string, request: Request<T>): Promise<Answer<T>> {
    try {
      return await this.#send(request);
    } catch (error) {
      if (!(error instanceof IcaError) || !(error.isNotFound || error.status === 405)) {
        throw error;
      }
      await this.#projects.get(projectId);
      throw new WorkspaceApiMissing(error);
    }
  }
}
