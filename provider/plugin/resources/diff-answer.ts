import { DiffResponse, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import type { Change } from "../../handler";
import { changedPaths, type Kind } from "./detailed-diff";

type Properties = Readonly<Record<string, unknown>>;

/** What the engine knows of a resource when it asks for a diff. */
interface Compared {
  readonly state: Properties;
  readonly oldInputs: Properties;
  readonly news: Properties;
  /** The outputs that `pulumi up` fills in. */
  readonly computed: readonly string[];
}

/** A change as the engine takes it: each value that differs by its path, and the outputs that stay as they are. */
export function diffAnswer(change: Change, { state, oldInputs, news, computed }: Compared): DiffResponse {
  const response = new DiffResponse();
  if (change.kind === "unchanged") {
    response.setChanges(DiffResponse.DiffChanges.DIFF_NONE);
    return response;
  }
  response.setChanges(DiffResponse.DiffChanges.DIFF_SOME);
  const because = change.kind === "replace" ? change.because : [];
  response.setReplacesList([...because]);
  response.setDeletebeforereplace(change.kind === "replace" && change.deleteFirst);
  const ofInputs = changedPaths(oldInputs, news);
  const fields = change.kind === "update" ? change.fields : [...namesIn(ofInputs.keys()), ...because];
  response.setDiffsList([...new Set(fields)]);
  const add = (path: string, kind: Kind, inputDiff: boolean) => {
    const one = new PropertyDiff();
    one.setKind(kinds[kind][because.includes(nameIn(path)) ? "replaces" : "inPlace"]);
    one.setInputdiff(inputDiff);
    response.getDetaileddiffMap().set(path, one);
  };
  for (const field of new Set(fields)) {
    const paths = [...ofInputs].filter(([path]) => nameIn(path) === field);
    for (const [path, kind] of paths) {
      add(path, kind, true);
    }
    // The declaration is the old one: what differs is the state, for example after drift.
    if (paths.length === 0) {
      const drift = changedPaths(state[field], news[field], field);
      for (const [path, kind] of computed.includes(field) || drift.size === 0 ? [[field, "update"] as const] : drift) {
        add(path, kind, false);
      }
    }
  }
  response.setHasdetaileddiff(true);
  if (change.kind === "update") {
    response.setStablesList(computed.filter((output) => !change.unsettled.includes(output)));
  }
  return response;
}

const kinds = {
  add: { inPlace: PropertyDiff.Kind.ADD, replaces: PropertyDiff.Kind.ADD_REPLACE },
  delete: { inPlace: PropertyDiff.Kind.DELETE, replaces: PropertyDiff.Kind.DELETE_REPLACE },
  update: { inPlace: PropertyDiff.Kind.UPDATE, replaces: PropertyDiff.Kind.UPDATE_REPLACE },
} as const satisfies Record<Kind, unknown>;

/** The property in which a path lies. */
export function nameIn(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}

/** The properties in which paths lie. Pulumi's own start with two underscores, and so do those of a dynamic resource. */
function namesIn(paths: Iterable<string>): string[] {
  return [...paths].map(nameIn).filter((name) => !name.startsWith("__"));
}
