import {
  type CheckRequest,
  CheckResponse,
  type CreateRequest,
  CreateResponse,
  type DeleteRequest,
  type DiffRequest,
  type DiffResponse,
  type ReadRequest,
  ReadResponse,
  type UpdateRequest,
  UpdateResponse,
} from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Context } from "../../context";
import { type CheckFailure, PartialError } from "../../handler";
import { deletionError } from "../../pulumi/gone-for-good";
import { markSecrets } from "../../pulumi/secret-outputs";
import { partsOf } from "../../urn";
import { failureMessage, PartialFailure } from "../failure";
import type { Tenant } from "../tenant";
import { type Received, received, secretNames, sent } from "../values";
import { diffAnswer, nameIn } from "./diff-answer";
import { PreviewOutputs } from "./preview-outputs";
import { resourceOf } from "./resources";

/** The calls about a resource. */
export function resourceCalls(tenant: Tenant) {
  const previews = new PreviewOutputs();
  return {
    async check(request: CheckRequest): Promise<CheckResponse> {
      tenant.programRuns();
      const [olds, news] = [received(request.getOlds()), received(request.getNews())];
      const context = tenant.context(request.getUrn(), olds, news);
      const old = Object.keys(olds.values).length === 0 ? undefined : olds.values;
      const { inputs, failures } = await resourceOf(request.getUrn()).check(
        context,
        partsOf(request.getUrn()),
        old,
        news.values,
      );
      const response = new CheckResponse();
      response.setInputs(sent(inputs, secretNames(news.secrets)));
      response.setFailuresList(failures.map((one) => failureMessage(printed(one, news, tenant))));
      return response;
    },

    async diff(request: DiffRequest): Promise<DiffResponse> {
      const [state, old, news] = [
        received(request.getOlds()),
        received(request.getOldInputs()),
        received(request.getNews()),
      ];
      const context = tenant.context(request.getUrn(), state, news);
      const resource = resourceOf(request.getUrn());
      const change = await resource.diff(context, request.getId(), state.values, news.values);
      previews.remember(request.getUrn(), change);
      const { computed } = resource;
      return diffAnswer(change, { state: state.values, oldInputs: old.values, news: news.values, computed });
    },

    async create(request: CreateRequest): Promise<CreateResponse> {
      const inputs = received(request.getProperties());
      const resource = resourceOf(request.getUrn());
      const response = new CreateResponse();
      if (request.getPreview()) {
        response.setProperties(outputs(previews.ofNew(inputs.values, resource.computed), inputs));
        return response;
      }
      const context = within(request, tenant.context(request.getUrn(), inputs));
      return keepingId(tenant, inputs, async () => {
        const { id, state } = await resource.create(context, inputs.values);
        response.setId(id);
        response.setProperties(outputs(state, inputs));
        return response;
      });
    },

    async read(request: ReadRequest): Promise<ReadResponse> {
      const [state, inputs] = [received(request.getProperties()), received(request.getInputs())];
      const context = tenant.context(request.getUrn(), state, inputs);
      const resource = resourceOf(request.getUrn());
      const response = new ReadResponse();
      // Only a state that this provider wrote holds the id. Else it is an import, or a program that reads by id.
      const isSaved = state.values[resource.idOutput] !== undefined;
      const live = isSaved
        ? await resource.read(context, request.getId(), state.values)
        : await resource.import(context, importName(request.getId(), state));
      if (live !== undefined) {
        const secrets = [...state.secrets, ...inputs.secrets];
        response.setId(live.id ?? request.getId());
        response.setProperties(outputs(live.state, { ...state, secrets }));
        response.setInputs(sent(live.inputs, secretNames(secrets)));
      }
      return response;
    },

    async update(request: UpdateRequest): Promise<UpdateResponse> {
      const [state, news] = [received(request.getOlds()), received(request.getNews())];
      const resource = resourceOf(request.getUrn());
      const response = new UpdateResponse();
      if (request.getPreview()) {
        const seen = previews.ofChanged(request.getUrn(), state.values, news.values, resource.computed);
        response.setProperties(outputs(seen, news));
        return response;
      }
      const context = within(request, tenant.context(request.getUrn(), state, news));
      return keepingId(tenant, news, async () => {
        const now = await resource.update(context, request.getId(), state.values, news.values);
        response.setProperties(outputs(now, news));
        return response;
      });
    },

    async delete(request: DeleteRequest): Promise<Empty> {
      const state = received(request.getProperties());
      const context = within(request, tenant.context(request.getUrn(), state));
      try {
        await resourceOf(request.getUrn()).delete(context, request.getId(), state.values);
      } catch (error) {
        throw deletionError(error, request.getUrn());
      }
      return new Empty();
    },
  };
}

/** Puts the engine's limit for the call (`customTimeouts`, in seconds; 0 is none) into the context. */
function within(request: CreateRequest | UpdateRequest | DeleteRequest, context: Context): Context {
  const seconds = request.getTimeout();
  return seconds > 0 ? { ...context, limitMs: seconds * 1000 } : context;
}

/** A program that reads by id may name the project as a property. */
function importName(id: string, { values: { projectId } }: Received): string {
  return typeof projectId === "string" && !id.includes("/") ? `${projectId}/${id}` : id;
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
    throw new PartialFailure(tenant.text(error.message), error.id, outputs(error.properties, inputs));
  }
}

/** The engine prints the value of a failure's property, even a secret one. So a secret's property is left out. */
function printed({ property, reason }: CheckFailure, { secrets }: Received, tenant: Tenant): CheckFailure {
  const isSecret = property !== "" && secretNames(secrets).has(nameIn(property));
  return isSecret
    ? { property: "", reason: tenant.text(`${property}: ${reason}`) }
    : { property, reason: tenant.text(reason) };
}
