import type { AllowedUrl } from "../allowed-url";

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
  return `^${path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(/|\\?|$)`;
}
