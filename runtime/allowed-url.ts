/**
 * An entry of the list of addresses that a restricted workspace may connect to. The provider's preview, the emulator
 * and the gateway share this grammar. The vendor's pages speak of "a list of URLs" and leave the syntax open. Accepted
 * entries, from the widest to the narrowest:
 *
 * | entry                     | allows                                                              |
 * | ------------------------- | ------------------------------------------------------------------- |
 * | `*.example.org`           | http and https to everything below it, not to the host itself       |
 * | `example.org`             | http and https to that host, on their usual ports                   |
 * | `example.org:8443`        | both, on that port                                                  |
 * | `https://example.org`     | https only; a path is ignored, since a proxy cannot see it          |
 * | `http://example.org/pub`  | http only, and only paths that are or lie below /pub                |
 */
export interface AllowedUrl {
  readonly scheme: "http" | "https" | "any";
  /** Lower case, without the leading `*.`. */
  readonly host: string;
  /** Whether the entry allows this host, or all hosts below it. */
  readonly match: "host" | "subdomains";
  readonly port: number | undefined;
  /** Starts with a slash and does not end in one; undefined allows every path. */
  readonly path: string | undefined;
}

/** An entry is invalid; `problem` says why without repeating the entry. */
export class AllowedUrlError extends Error {
  override readonly name = "AllowedUrlError";
  constructor(
    entry: string,
    readonly problem: string,
  ) {
    super(`${quoted(entry)} ${problem}`);
  }
}

/** Maximum characters of an entry (openapi/workspaces.yaml). */
const longest = 2048;

const entryForm = /^(?:(https?):\/\/)?(\*\.)?([^/:?#@\s]+)(?::(\d{1,5}))?(\/.*)?$/i;
const hostForm = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/;
/** The characters of a path (RFC 3986, section 3.3), which squid compares literally. */
const pathForm = /^(?:[\w/.~!$&'()*+,;=:@-]|%[0-9a-f]{2})*$/i;

/** Parses one entry, without the spaces around it. Throws an {@link AllowedUrlError} that says what is wrong. */
export function parseAllowedUrl(written: string): AllowedUrl {
  const text = written.trim();
  const fail = (problem: string) => new AllowedUrlError(written, problem);
  if (text.length > longest) {
    throw fail(`has more than ${longest} characters`);
  }
  const [, scheme, wildcard, rawHost, rawPort, rawPath] = entryForm.exec(text) ?? [];
  const host = rawHost?.toLowerCase().replace(/\.$/, "");
  // Otherwise "https//example.org" would be the host "https" with a path.
  if (host === undefined || !hostForm.test(host) || /^https?$/.test(host)) {
    throw fail(problemOf(text));
  }
  const port = rawPort === undefined ? undefined : Number(rawPort);
  if (port !== undefined && (port < 1 || port > 65_535)) {
    throw fail("has a port outside 1 to 65535. Write one of these, or leave it out");
  }
  const path = withoutSlashes(rawPath ?? "");
  if (!pathForm.test(path) || climbs(path)) {
    throw fail('has a path that cannot be compared. Write one without spaces, "?", "#" and "..", or leave it out');
  }
  return {
    scheme: schemeOf(scheme),
    host,
    match: wildcard === undefined ? "host" : "subdomains",
    port,
    path: path === "" ? undefined : path,
  };
}

/** The canonical form of an entry: equal entries give equal text. */
export function writeAllowedUrl({ scheme, host, match, port, path }: AllowedUrl): string {
  return [
    scheme === "any" ? "" : `${scheme}://`,
    match === "subdomains" ? "*." : "",
    host,
    port === undefined ? "" : `:${port}`,
    path ?? "",
  ].join("");
}

function schemeOf(text: string | undefined): AllowedUrl["scheme"] {
  const scheme = text?.toLowerCase();
  return scheme === "http" || scheme === "https" ? scheme : "any";
}

function climbs(path: string): boolean {
  return /(^|\/)(\.|%2e){1,2}(\/|$)/i.test(path);
}

function problemOf(text: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !/^https?:/i.test(text)) {
    return "has another scheme than http and https. Write https://, http:// or the host alone";
  }
  if (text.includes("*")) {
    return "has a wildcard in another place than the start. Write *.example.org";
  }
  if (text.startsWith(".")) {
    return "starts with a dot. Write two entries, as in example.org and *.example.org";
  }
  if (/[^\p{ASCII}]/u.test(text)) {
    return "has characters outside ASCII. Write the host in its xn-- form, and the path with %XX";
  }
  return "is not a URL such as https://cran.r-project.org, nor a host such as *.example.org";
}

/** The entry for a message: shortened, without a password, and without characters that control a terminal. */
function quoted(text: string): string {
  const plain = text.slice(0, longest).replace(/^([^/]*\/\/)?[^/]*@/, "$1…@");
  const short = plain.length > 80 ? `${plain.slice(0, 80)}…` : plain;
  return JSON.stringify(short).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A loop, because a regular expression takes quadratic time in the number of slashes. */
function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") {
    end--;
  }
  return path.slice(0, end);
}
