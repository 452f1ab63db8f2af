import type { Context } from "../../context";
import type { Change, CheckFailure, Live, ResourceHandler } from "../../handler";
import { displayFailures } from "../../inputs/display-failures";
import { toEngine } from "../../inputs/unknown";
import { checkedInputs, knownInputs, withUnknowns } from "../../pulumi/checked-inputs";
import type { UrnParts } from "../../urn";

type Properties = Readonly<Record<string, unknown>>;

/** A resource as the plugin serves it: a handler whose values are the engine's. */
export interface PluginResource {
  check(context: Context, urn: UrnParts, olds: Properties | undefined, news: Properties): Promise<Checked>;
  diff(context: Context, id: string, state: Properties, news: Properties): Promise<Change>;
  create(context: Context, inputs: Properties): Promise<{ id: string; state: object }>;
  read(context: Context, id: string, saved: Properties): Promise<Found | undefined>;
  /** The resource that `pulumi import` names. */
  import(context: Context, name: string): Promise<Found | undefined>;
  update(context: Context, id: string, state: Properties, news: Properties): Promise<object>;
  delete(context: Context, id: string, state: Properties): Promise<void>;
  /** The output that holds the id; every saved state has it. */
  readonly idOutput: string;
  /** The outputs that `pulumi up` fills in. */
  readonly computed: readonly string[];
}

interface Found {
  /** Without it, the id is the one that was asked for. */
  readonly id?: string;
  readonly state: object;
  readonly inputs: Properties;
}

interface Checked {
  readonly inputs: Properties;
  readonly failures: readonly CheckFailure[];
}

/** What a plugin needs of a resource besides its handler. */
interface Extras<State> {
  import(context: Context, name: string): Promise<(Live<State> & { readonly id: string }) | undefined>;
  /** The name of a new resource whose program gives none. */
  defaultName(urn: UrnParts): string;
  readonly idOutput: keyof State & string;
  readonly computed: readonly (keyof State & string)[];
}

/** Serves a handler. */
export function served<Inputs extends object, State extends object, Described>(
  handler: ResourceHandler<Inputs, State, Context, Described>,
  extras: Extras<State>,
): PluginResource {
  return {
    async check(context, urn, olds, news) {
      const before = olds === undefined ? undefined : handler.parseInputs(olds);
      // An existing resource keeps its name, even when the stack or the resource is renamed.
      const named = { ...news, name: news.name ?? olds?.name ?? extras.defaultName(urn) };
      const { inputs, failures } = await handler.check(context, withUnknowns(named), before);
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
    import: (context, name) => extras.import(context, name),
    update: (context, id, state, news) => handler.update(context, id, handler.parseState(id, state), knownInputs(news)),
    delete: (context, id, state) => handler.delete(context, id, handler.parseState(id, state)),
    idOutput: extras.idOutput,
    computed: extras.computed,
  };
}
