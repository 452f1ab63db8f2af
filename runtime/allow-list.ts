/**
 * The addresses that a restricted workspace may connect to. The vendor's pages speak of "a list of URLs" and leave the
 * syntax open; what is taken here, from the widest to the narrowest:
 *
 * | entry                     | allows                                                              |
 * | ------------------------- | ------------------------------------------------------------------- |
 * | `example.org`             | http and https to that host, on their usual ports                   |
 * | `example.org:8443`        | both, on that port                                                  |
 * | `.example.org`            | the host and everything below it                                    |
 * | `*.example.org`           | everything below it, not the host itself                            |
 * | `http://example.org/pub`  | http only, and only paths that are or lie below /pub                |
 * | `https://example.org`     | https only; a path is ignored, since a proxy cannot see it          |
 */
export interface AllowedUrl {
  /** As written, for messages and logs. */
  readonly text: string;
  readonly scheme: "http" | "https" | "any";
  /** Lower case, without the leading dot or `*.`. */
  readonly host: string;
  readonly match: "host" | "subdomains" | "both";
  readonly port: number | undefined;
  /** Starts with a slash; undefined allows every path. */
  readonly path: string | undefined;
}

const ENTRY = /^(?:(https?):\/\/)?(\*\.|\.)?([^/:?#@\s]+)(?::(\d{1,5}))?(\/[^\s?#]*)?$/i;
const HOST = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*\.?$/;
const PATH = /^[\w/.~!$&'()*+,;=:@%-]+$/;

/** Reads one entry. Throws an error that says what is wrong with it. */
export function parseAllowedUrl(text: string): AllowedUrl {
  const [, scheme, wildcard, rawHost, rawPort, path] = ENTRY.exec(text) ?? [];
  const host = rawHost?.toLowerCase().replace(/\.$/, "");
  const port = rawPort === undefined ? undefined : Number(rawPort);
  if (host === undefined || !HOST.test(host)) {
    throw new Error(`"${text}" is not an address to allow. Write host, *.host, http://host:port/path or https://host.`);
  }
  if (port !== undefined && (port < 1 || port > 65_535)) {
    throw new Error(`"${text}" has no port that exists: it must be from 1 to 65535.`);
  }
  if (path !== undefined && (!PATH.test(path) || climbs(path))) {
    throw new Error(`"${text}" has a path that cannot be compared: write a plain one, without "..", or leave it out.`);
  }
  return {
    text,
    scheme: schemeOf(scheme),
    host,
    match: wildcard === undefined ? "host" : wildcard === "." ? "both" : "subdomains",
    port,
    path: path === undefined || path === "/" ? undefined : path,
  };
}

function schemeOf(text: string | undefined): AllowedUrl["scheme"] {
  const scheme = text?.toLowerCase();
  return scheme === "http" || scheme === "https" ? scheme : "any";
}

function climbs(path: string): boolean {
  return /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path);
}

/**
 * Rules for squid that allow exactly these entries. Hosts are compared as written in the request (`-n`: no look-up), so
 * that nobody gets in by owning the reverse name of an address. A path rule does not hold for paths that climb (`..`).
 * What needs a look-up comes last: a refused name is never looked up, or names could carry data out.
 */
export function squidRules(entries: readonly AllowedUrl[]): string {
  return entries.flatMap(rulesOf).join("\n");
}

function rulesOf(entry: AllowedUrl, index: number): string[] {
  const name = `allowed${index}`;
  const lines = [
    `acl ${name}_host dstdomain -n ${entry.match === "host" ? entry.host : `.${entry.host}`}`,
    ...(entry.match === "subdomains" ? [`acl ${name}_apex dstdomain -n ${entry.host}`] : []),
  ];
  const host = entry.match === "subdomains" ? `${name}_host !${name}_apex` : `${name}_host`;
  if (entry.scheme !== "https") {
    const path = entry.path === undefined ? "" : ` ${name}_path !climbing`;
    lines.push(
      ...(entry.path === undefined ? [] : [`acl ${name}_path urlpath_regex ${pathPattern(entry.path)}`]),
      `acl ${name}_http port ${entry.port ?? 80}`,
      `http_access allow !CONNECT plain_http ${host} ${name}_http${path} !to_localhost`,
    );
  }
  if (entry.scheme !== "http") {
    lines.push(
      `acl ${name}_https port ${entry.port ?? 443}`,
      `http_access allow CONNECT ${host} ${name}_https !to_localhost`,
    );
  }
  return lines;
}

/** /pub allows /pub, /pub/a and /pub?a, and not /public. */
function pathPattern(path: string): string {
  const literal = path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return path.endsWith("/") ? `^${literal}` : `^${literal}(/|\\?|$)`;
}
