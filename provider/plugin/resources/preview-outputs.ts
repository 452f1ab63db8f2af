import type { Change } from "../../handler";
import { unknownText } from "../../inputs/unknown";

type Properties = Readonly<Record<string, unknown>>;

/**
 * What a preview knows of a resource's outputs. It keeps every value that stays, since a resource that uses an unknown value
 * has an unknown change.
 */
export class PreviewOutputs {
  readonly #changes = new Map<string, Change>();

  /** Remembers a change, since the engine passes on to the update only that there is one. */
  remember(urn: string, change: Change): void {
    this.#changes.set(urn, change);
  }

  ofNew(inputs: Properties, computed: readonly string[]): Properties {
    return { ...unknown(computed.filter((output) => inputs[output] === undefined)), ...inputs };
  }

  ofChanged(urn: string, state: Properties, inputs: Properties, computed: readonly string[]): Properties {
    const change = this.#changes.get(urn);
    const unsettled = change?.kind === "update" ? change.unsettled : change === undefined ? computed : [];
    const outputs = Object.entries(state).filter(([output]) => computed.includes(output));
    return { ...Object.fromEntries(outputs), ...inputs, ...unknown(unsettled) };
  }
}

function unknown(names: readonly string[]): Properties {
  return Object.fromEntries(names.map((name) => [name, unknownText]));
}
