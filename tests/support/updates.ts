import type { Change } from "../../provider/handler";

/** An update of an image, as its handler returns it. */
export function imageUpdate(fields: readonly string[], hidden = false): Change {
  return { kind: "update", hidden, fields, unsettled: ["status", "urls", "benchSettings"] };
}

/** An update of a workspace that may start, stop or restart it, as its handler returns it. */
export function workspaceUpdate(fields: readonly string[], hidden = false): Change {
  return { kind: "update", hidden, fields, unsettled: ["status", "webUrl", "consoleHost", "consolePort"] };
}

/** An update of a workspace that leaves its run state alone. */
export function quietUpdate(fields: readonly string[]): Change {
  return { kind: "update", hidden: false, fields, unsettled: [] };
}
