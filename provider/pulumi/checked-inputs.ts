import { fromEngine, type MaybeWithin, unknownPaths } from "../inputs/unknown";

/** Inputs of a resource between the engine and a handler, for both adapters. */

type Properties = Readonly<Record<string, unknown>>;

/** Properties as a program declares them, with the engine's texts for unknown values replaced. */
export function withUnknowns(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, fromEngine(value)]));
}

/** Checked inputs, as the engine sends them back. They have the form in which the adapter's check returned them. */
export function checkedInputs<Inputs>(news: Properties): MaybeWithin<Inputs> {
  return withUnknowns(news) as MaybeWithin<Inputs>;
}

/** Checked inputs for a step that writes to ICA: all of them are known. */
export function knownInputs<Inputs>(news: Properties): Inputs {
  const [unknown] = unknownPaths(withUnknowns(news));
  if (unknown !== undefined) {
    throw new Error(`${unknown} is not known yet, and nothing can be written to ICA without it`);
  }
  return news as Inputs;
}
