import { z } from "zod";
import type { Projects } from "./projects";
import { IcaError } from "./transport/error";
import { type Answer, type Caller, media, noContent, path, type Request } from "./transport/http";

// The ONE place where paths and field names of the workspace calls are written down. They are assumed: no public document
// of ICA describes such calls (docs/assumptions.md).

const clusterSchema = z.object({
  scaling: z.enum(["STATIC", "DYNAMIC"]),
  /** The number of members when static, the most when dynamic. */
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
  /** Absent: no cluster. */
  cluster: clusterSchema.nullish(),
  /** Since ICA 2.40; absent in a request: ICA's default. */
  ephemeralStorage: z.boolean().nullish(),
  /** Since ICA 2.41; absent in a request: ICA's default, which is SINGLE since then. */
  users: z.enum(["SINGLE", "MULTI"]).nullish(),
};

const settingsSchema = z.object(settingsShape);

/** What can be set on a workspace. */
export type WorkspaceSettings = z.infer<typeof settingsSchema>;

const workspaceSchema = z.object({
  ...settingsShape,
  id: z.string(),
  /** Stopped, Starting, Running, Stopping or Failed; open, since the full list is not known. */
  status: z.string(),
  statusMessage: z.string().nullish(),
  webUrl: z.string().nullish(),
  consoleHost: z.string().nullish(),
  consolePort: z.number().nullish(),
});

export type Workspace = z.infer<typeof workspaceSchema>;

/** A workspace as it was read, with the tag that proves later that nobody changed it in between. */
export interface VersionedWorkspace {
  readonly workspace: Workspace;
  readonly etag: string | undefined;
}

/** What is known of a workspace that was just made. */
export interface MadeWorkspace {
  readonly id: string;
  /** Undefined where the answer has an id, and else not the form that is assumed. */
  readonly workspace: Workspace | undefined;
}

/** Rows of one page when many workspaces are looked up together: the default of the assumed call. */
export const pageSize = 50;

const pageSchema = z.object({ items: z.array(workspaceSchema), totalItemCount: z.number().nullish() });

/** One page of the list of a project's workspaces. */
export interface WorkspacePage {
  readonly items: readonly Workspace[];
  /** How many workspaces the whole list has, if the server tells. */
  readonly total: number | undefined;
}

/** A workspace in a list. */
export interface ListedWorkspace {
  readonly id: string;
  readonly name: string;
  /** Undefined where it has not the form that is assumed; {@link Workspaces.get} tells what is wrong. */
  readonly workspace: Workspace | undefined;
}

const listedSchema = z
  .looseObject({ id: z.string(), name: z.string() })
  .transform(
    (row): ListedWorkspace => ({ id: row.id, name: row.name, workspace: workspaceSchema.safeParse(row).data }),
  );

/** The server has no workspace calls at all, as far as anybody can know. */
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

  /** Changes whenever a call that writes begins or ends: what was read before it is out of date. */
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

  /** Rejects when the server has no workspace calls, or no such project. */
  async confirmServed(projectId: string): Promise<void> {
    await this.#collection(projectId, {
      method: "GET",
      path: path`/api/projects/${projectId}/workspaces`,
      query: { pageSize: "1" },
      media: media.v4,
      answer: z.object({ items: z.array(z.unknown()) }),
    });
  }

  /** The workspace of this name, if there is one. Found also where ICA does not heed the filter. */
  async findByName(projectId: string, name: string): Promise<Workspace | undefined> {
    const found = (await this.listed(projectId, name)).find((row) => row.name === name);
    return found === undefined ? undefined : this.whole(projectId, found);
  }

  /** Every workspace of the project that the user may see. Rejects when one has not the form that is assumed. */
  async list(projectId: string): Promise<Workspace[]> {
    return this.#all(projectId, undefined, workspaceSchema);
  }

  /**
   * The same, of this name only where ICA heeds it, for whoever looks for some of them: what somebody made of another one, in a way
   * that nobody here knows of, must not be in the way.
   */
  async listed(projectId: string, name?: string): Promise<ListedWorkspace[]> {
    return this.#all(projectId, name, listedSchema);
  }

  /** All that is known of one in a list. */
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
      // A page that brings nothing ends the list, whatever the count says: no endless loop on a server's mistake.
      if (body.items.length === 0 || all.length >= body.totalItemCount) return all;
    }
  }

  async create(projectId: string, settings: WorkspaceSettings, idempotencyKey: string): Promise<MadeWorkspace> {
    try {
      return await this.#create(projectId, settings, idempotencyKey);
    } catch (error) {
      // A 404 may be about the image: the calls are missing only if the list is too.
      if (error instanceof IcaError && error.isNotFound) await this.confirmServed(projectId);
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
      // Only what must not be lost.
      answer: z.looseObject({ id: z.string().min(1) }),
    });
    return { id: body.id, workspace: workspaceSchema.safeParse(body).data };
  }

  /** Rejects with an error whose `isNotFound` is true when the workspace does not exist (any more). */
  async get(projectId: string, workspaceId: string): Promise<VersionedWorkspace> {
    const { body, etag } = await this.#send({
      method: "GET",
      path: path`/api/projects/${projectId}/workspaces/${workspaceId}`,
      media: media.v4,
      answer: workspaceSchema,
    });
    return { workspace: body, etag };
  }

  /** `etag` is that of the version the change is based on; ICA refuses with 409 when somebody was quicker. */
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
      // A repeated PUT with If-Match would meet its own first try as a conflict.
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

  /** Made again after a fault: a caller that gets a refusal looks whether it is on its way, or gone. */
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

  /** The calls on the whole collection: a 404 (or 405) for a project that exists means that the server does not have them. */
  async #collection<T>(projectId: string, request: Request<T>): Promise<Answer<T>> {
    try {
      return await this.#send(request);
    } catch (error) {
      if (!(error instanceof IcaError) || !(error.isNotFound || error.status === 405)) throw error;
      await this.#projects.get(projectId);
      throw new WorkspaceApiMissing(error);
    }
  }
}
