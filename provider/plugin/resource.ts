import type { Context } from "../context";
import type { Change, CheckFailure, ResourceHandler } from "../handler";
import { displayFailures } from "../inputs/display-failures";
import { toEngine } from "../inputs/unknown";
import { checkedInputs, knownInputs, withUnknowns } from "../pulumi/checked-inputs";

type Properties = Readonly<Record<string, unknown>>;

/** A resource as the plugin serves it: a handler whose values are the engine's. */
export interface PluginResource {
  check(context: Context, olds: Properties | undefined, news: Properties): Promise<Checked>;
  diff(context: Context, id: string, state: Properties, news: Properties): Promise<Change>;
  create(context: Context, inputs: Properties): Promise<{ id: string; state: object }>;
  read(context: Context, id: string, saved: Properties): Promise<{ state: object; inputs: Properties } | undefined>;
  update(context: Context, id: string, state: Properties, news: Properties): Promise<object>;
  delete(context: Context, id: string, state: Properties): Promise<void>;
}

interface Checked {
  readonly inputs: Properties;
  readonly failures: readonly CheckFailure[];
}

/** Serves a handler. */
export function served<Inputs extends object, State extends object, Described>(
  handler: ResourceHandler<Inputs, State, Context, Described>,
): PluginResource {
  return {
    async check(context, olds, news) {
      const before = olds === undefined ? undefined : handler.parseInputs(olds);
      const { inputs, failures } = await handler.check(context, withUnknowns(news), before);
      return failures.length > 0
        ? { inputs: news, failures: displayFailures(failures, news) }
        : {
            inputs: Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, toEngine(value)])),
            failures,
          };
    },
    diff: (context, id, state, news) => handler.diff(context, id, handler.parseState(id, state), checkedInputs(news)),
    create: (context, inputs) => handler.create(context, knownInputs(inputs)),
    read: (context, id, saved) => handler.read(context, id, saved),
    update: (context, id, state, news) => handler.update(context, id, handler.parseState(id, state), knownInputs(news)),
    delete: (context, id, state) => handler.delete(context, id, handler.parseState(id, state)),
  };
}
