import { type InvokeRequest, InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { z } from "zod";
import type { CheckFailure } from "../handler";
import { type InputsOf, parseInputs, type Shape } from "../inputs/inputs";
import { isKnown } from "../inputs/unknown";
import { type Queries, queries } from "../pulumi/queries";
import { failureMessage } from "./failure";
import type { Tenant } from "./tenant";
import { received, sent } from "./values";

const text = z.string().optional();

/** A function of the plugin: what it takes, and what it answers. */
function asking<S extends Shape>(shape: S, ask: (queries: Queries, args: InputsOf<S>) => Promise<object>) {
  return {
    /** The arguments if they are right, else what is wrong with them. */
    parse(args: Readonly<Record<string, unknown>>): ((queries: Queries) => Promise<object>) | readonly CheckFailure[] {
      const { inputs, failures } = parseInputs(shape, args);
      return failures.length === 0 && isKnown(inputs) ? (all) => ask(all, inputs as InputsOf<S>) : failures;
    },
  };
}

const functions: Readonly<Record<string, ReturnType<typeof asking>>> = {
  "ica:index:getImage": asking({ imageId: text, name: text, version: text }, (all, args) => all.image(args)),
  // A function answers an object, so the list is one of its fields.
  "ica:index:listImages": asking({ name: text, version: text, status: text }, async (all, args) => ({
    images: await all.images(args),
  })),
  "ica:index:getWorkspace": asking({ projectId: text, workspaceId: text, name: text }, (all, args) =>
    all.workspace(args),
  ),
};

/** Answers a call of a function. */
export async function invoke(tenant: Tenant, request: InvokeRequest): Promise<InvokeResponse> {
  const called = functions[request.getTok()];
  if (called === undefined) {
    throw new Error(`this plugin has no function ${request.getTok()}; it has ${Object.keys(functions).join(", ")}`);
  }
  const args = received(request.getArgs());
  const { client, config } = tenant.context("", args);
  const asked = called.parse(args.values);
  const response = new InvokeResponse();
  if (typeof asked === "function") {
    response.setReturn(sent({ ...(await asked(queries(client, config))) }));
  } else {
    response.setFailuresList(
      asked.map(({ property, reason }) => failureMessage({ property, reason: tenant.text(reason) })),
    );
  }
  return response;
}
