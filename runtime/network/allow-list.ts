import type { AllowedUrl } from "../allowed-url";

/**
 * Squid rules that allow exactly these entries. Squid compares hosts as written in the request (`-n`: no lookup), so
 * that the owner of an address cannot get in through its reverse name. A path rule does not match paths with `..`.
 * Rules that need a lookup come last: a refused name is never looked up, because lookups could carry data out.
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
