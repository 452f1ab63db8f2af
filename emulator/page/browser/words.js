/* Formats values as text. */

/** @param {number} bytes */
export function size(bytes) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

/** @param {{ web: boolean, console: boolean } | undefined} access */
export function accessWords(access) {
  const kinds = [access?.web && "web", access?.console && "console"].filter(Boolean);
  return kinds.length === 0 ? "none" : kinds.join(", ");
}

/** @param {import("../protocol").WorkspaceSettings["network"]} network */
export function networkWords({ mode, allowedUrls }) {
  if (mode === "PUBLIC") {
    return "public";
  }
  return `restricted, ${allowedUrls.length === 0 ? "nothing" : allowedUrls.length === 1 ? "1 URL" : `${allowedUrls.length} URLs`} allowed`;
}

/** @param {string} time */
export function clock(time) {
  return new Date(time).toLocaleTimeString("en-GB");
}

/** A path with only the first digits of its ids, which are enough to tell them apart. @param {string} path */
export function shortPath(path) {
  return path.replace(/([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|([0-9a-f]{8})[0-9a-f]{24}/g, "$1$2…");
}
