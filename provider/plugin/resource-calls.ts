import {
  type CheckRequest,
  CheckResponse,
  type CreateRequest,
  CreateResponse,
  type DeleteRequest,
  type DiffRequest,
  DiffResponse,
  PropertyDiff,
  type ReadRequest,
  ReadResponse,
  type UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Context } from "../context";
import { type CheckFailure, PartialError } from "../handler";
import { markSecrets } from "../pulumi/secret-outputs";
import { workspaceHandler } from "../workspace/handler";
import { changedPaths, type Kind } from "./detailed-diff";
import { failureMessage, PartialFailure } from "./failure";
import { type PluginResource, served } from "./resource";
import type { Tenant } from "./tenant";
import { type Received, received, secretNames, sent } from "./values";

/** The resources by their type. */
const resources: Readonly<Record<string, PluginResource>> = { "ica:index:Workspace": served(workspaceHandler) };

/** The calls about a resource. */
export function resourceCalls(tenant: Tenant) {
  return {
    async check(request: CheckRequest): Promise<CheckResponse> {
      tenant.programRuns();
      const [olds, news] = [received(request.getOlds()), received(request.getNews())];
      const context = tenant.context(request.getUrn(), olds, news);
      const old = Object.keys(olds.values).length === 0 ? undefined : olds.values;
      const { inputs, failures } = await resourceOf(request.getUrn()).check(context, old, news.values);
      const response = new CheckResponse();
      response.setInputs(sent(inputs, secretNames(news.secrets)));
      response.setFailuresList(failures.map((one) => failureMessage(printed(one, news, tenant))));
      return response;
    },

    async diff(request: DiffRequest): Promise<DiffResponse> {
      const [state, old, news] = [request.getOlds(), request.getOldInputs(), request.getNews()].map(received);
      const [was, now] = [state ?? received(undefined), news ?? received(undefined)];
      const context = tenant.context(request.getUrn(), was, now);
      const change = await resourceOf(request.getUrn()).diff(context, request.getId(), was.values, now.values);
      const response = new DiffResponse();
      if (change.kind === "unchanged") {
        response.setChanges(DiffResponse.DiffChanges.DIFF_NONE);
        return response;
      }
      response.setChanges(DiffResponse.DiffChanges.DIFF_SOME);
      const because = change.kind === "replace" ? change.because : [];
      response.setReplacesList([...because]);
      response.setDeletebeforereplace(change.kind === "replace" && change.deleteFirst);
      const changed = changedPaths(old?.values ?? {}, now.values);
      response.setDiffsList([...new Set([...[...changed.keys()].map(nameIn), ...because])]);
      for (const [path, kind] of changed) {
        const one = new PropertyDiff();
        one.setKind(kinds[kind][because.includes(nameIn(path)) ? "replaces" : "inPlace"]);
        one.setInputdiff(true);
        response.getDetaileddiffMap().set(path, one);
      }
      response.setHasdetaileddiff(changed.size > 0);
      return response;
    },

    async create(request: CreateRequest): Promise<CreateResponse> {
      const inputs = received(request.getProperties());
      const context = within(request, tenant.context(request.getUrn(), inputs));
      return keepingId(tenant, inputs, async () => {
        const { id, state } = await resourceOf(request.getUrn()).create(context, inputs.values);
        const response = new CreateResponse();
        response.setId(id);
        response.setProperties(outputs(state, inputs));
        return response;
      });
    },

    async read(request: ReadRequest): Promise<ReadResponse> {
      const [state, inputs] = [received(request.getProperties()), received(request.getInputs())];
      const context = tenant.context(request.getUrn(), state, inputs);
      const live = await resourceOf(request.getUrn()).read(context, request.getId(), state.values);
      const response = new ReadResponse();
      if (live !== undefined) {
        const secrets = [...state.secrets, ...inputs.secrets];
        response.setId(request.getId());
        response.setProperties(outputs(live.state, { ...state, secrets }));
        response.setInputs(sent(live.inputs, secretNames(secrets)));
      }
      return response;
    },

    async update(request: UpdateRequest): Promise<UpdateResponse> {
      const [state, news] = [received(request.getOlds()), received(request.getNews())];
      const context = within(request, tenant.context(request.getUrn(), state, news));
      return keepingId(tenant, news, async () => {
        const resource = resourceOf(request.getUrn());
        const response = new UpdateResponse();
        const now = await resource.update(context, request.getId(), state.values, news.values);
        response.setProperties(outputs(now, news));
        return response;
      });
    },

    async delete(request: DeleteRequest): Promise<Empty> {
      const state = received(request.getProperties());
      const context = within(request, tenant.context(request.getUrn(), state));
      await resourceOf(request.getUrn()).delete(context, request.getId(), state.values);
      return new Empty();
    },
  };
}

const kinds = {
  add: { inPlace: PropertyDiff.Kind.ADD, replaces: PropertyDiff.Kind.ADD_REPLACE },
  delete: { inPlace: PropertyDiff.Kind.DELETE, replaces: PropertyDiff.Kind.DELETE_REPLACE },
  update: { inPlace: PropertyDiff.Kind.UPDATE, replaces: PropertyDiff.Kind.UPDATE_REPLACE },
} as const satisfies Record<Kind, unknown>;

/** Puts the engine's limit for the call (`customTimeouts`, in seconds; 0 is none) into the context. */
function within(request: CreateRequest | UpdateRequest | DeleteRequest, context: Context): Context {
  const seconds = request.getTimeout();
  return seconds > 0 ? { ...context, limitMs: seconds * 1000 } : context;
}

/** The property in which a path lies. */
function nameIn(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}

/** The resource of a URN: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
function resourceOf(urn: string): PluginResource {
  const type = urn.split("::")[2]?.split("$").at(-1) ?? "";
  const resource = resources[type];
  if (resource === undefined) {
    throw new Error(`this plugin has no resource ${type}; it has ${Object.keys(resources).join(", ")}`);
  }
  return resource;
}

/** The values to save in the state: what comes of a secret input is secret, too. */
function outputs(state: object, { values, secrets }: Received): Struct {
  const marked = markSecrets({ ...state }, { ...values }, { urn: undefined, secrets });
  return sent(marked, secretNames(secrets));
}

/** When a step fails on a resource that exists, this puts its id and state on the error, and the engine saves them. */
async function keepingId<T>(tenant: Tenant, inputs: Received, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof PartialError)) {
      throw error;
    }
    const state: unknown = error.state;
    const kept = typeof state === "object" && state !== null ? state : {};
    throw new PartialFailure(tenant.text(error.message), error.id, outputs(kept, inputs));
  }
}

/** The engine prints the value of a failure's property, even a secret one. So a secret's property is left out. */
function printed({ property, reason }: CheckFailure, { secrets }: Received, tenant: Tenant): CheckFailure {
  const isSecret = property !== "" && secretNames(secrets).has(nameIn(property));
  return isSecret
    ? { property: "", reason: tenant.text(`${property}: ${reason}`) }
    : { property, reason: tenant.text(reason) };
}
