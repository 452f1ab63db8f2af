/**
 * Entries of `allowedUrls`. The vendor says that a restricted workspace may reach "a list of URLs" and nothing about their
 * form; what is taken here (a host or a wildcard host, with or without scheme, port and path) is listed in
 * docs/assumptions.md.
 */

const hostLabel = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
const form = new RegExp(
  `^(?:(https?)://)?((?:\\*\\.)?${hostLabel}(?:\\.${hostLabel})*)(?::(\\d{1,5}))?(/[^\\s?#]*)?$`,
  "i",
);

/** Why an entry cannot be used, or undefined when it can. */
export function checkAllowedUrl(entry: string): string | undefined {
  const text = entry.trim();
  const match = form.exec(text);
  // "https//example.org" would else be the host "https" with a path.
  if (match === null || /^https?$/i.test(match[2] ?? "")) {
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) && !/^https?:/i.test(text)) return `"${entry}" must be http or https`;
    if (text.includes("*"))
      return `"${entry}": a wildcard stands for whole labels at the start of a host, as in *.example.org`;
    return `"${entry}" is not a URL such as https://cran.r-project.org, nor a host such as *.example.org`;
  }
  const port = match[3];
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    return `"${entry}" has a port outside 1 to 65535`;
  return undefined;
}

/** The one way to write an entry: lower-case scheme and host, no trailing slash. */
export function normaliseAllowedUrl(entry: string): string {
  const match = form.exec(entry.trim());
  if (match === null) return entry.trim();
  const [, scheme, host = "", port, path = ""] = match;
  return `${scheme === undefined ? "" : `${scheme.toLowerCase()}://`}${host.toLowerCase()}${port === undefined ? "" : `:${Number(port)}`}${path.replace(/(?<!\/)\/+$/, "")}`;
}
