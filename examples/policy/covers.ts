/** An entry of a list of allowed URLs, in the grammar of `allowedUrls` of a workspace. */
interface Entry {
  /** Undefined: http and https. */
  readonly scheme: string | undefined;
  readonly below: boolean;
  readonly host: string;
  readonly port: number | undefined;
  /** Without a slash at its end; empty for every path. */
  readonly path: string;
}

const form = /^(?:(https?):\/\/)?(\*\.)?([a-z0-9_.-]+)(?::(\d{1,5}))?(\/.*)?$/i;
/** A part of a path that leads to the folder above, or to the same one. */
const climbs = /\/(?:\.|%2e){1,2}(?:\/|$)/i;
const usualPorts = { http: 80, https: 443 };

/** Reads one entry; undefined if it is not one. */
function parse(text: string): Entry | undefined {
  const [, scheme, wildcard, host, port, path = ""] = form.exec(text.trim()) ?? [];
  if (host === undefined || climbs.test(path)) return undefined;
  return {
    scheme: scheme?.toLowerCase(),
    below: wildcard !== undefined,
    host: host.toLowerCase().replace(/\.$/, ""),
    port: port === undefined ? undefined : Number(port),
    path: path.endsWith("/") ? path.slice(0, -1) : path,
  };
}

/**
 * Whether an entry allows all that another one opens: `*.example.org` covers `https://docs.example.org`, and
 * `http://example.org/pub` covers `http://example.org/pub/data`, but no entry covers a wider one.
 *
 * A proxy does not see the path of an https address. A declared https entry therefore opens its whole host, and a listed https
 * entry with a path covers nothing.
 */
export function covers(listed: string, declared: string): boolean {
  const [outer, inner] = [parse(listed), parse(declared)];
  if (outer === undefined || inner === undefined) return false;
  return (
    hostCovers(outer, inner) &&
    doors(inner).every((door) => doors(outer).includes(door)) &&
    pathsOpenedBy(inner).every((path) => `${path}/`.startsWith(`${outer.path}/`))
  );
}

function hostCovers(outer: Entry, inner: Entry): boolean {
  if (outer.below) return inner.host.endsWith(`.${outer.host}`) || (inner.below && inner.host === outer.host);
  return !inner.below && inner.host === outer.host;
}

/** The paths that an entry opens, with the empty one for all. */
function pathsOpenedBy({ scheme, path }: Entry): string[] {
  return scheme === "http" ? [path] : [""];
}

/** Each scheme with its port, as `https:443`. */
function doors({ scheme, port }: Entry): string[] {
  return Object.entries(usualPorts)
    .filter(([each]) => scheme === undefined || scheme === each)
    .map(([each, usual]) => `${each}:${port ?? usual}`);
}
