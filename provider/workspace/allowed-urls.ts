import { AllowedUrlError, parseAllowedUrl, writeAllowedUrl } from "../../runtime/allowed-url";

/** Entries of `allowedUrls`, parsed with the grammar of the runtime's gateway (docs/assumptions.md, W6). */

/** Why an entry is invalid; undefined when it is valid. The text does not repeat the entry, which may be secret. */
export function checkAllowedUrl(entry: string): string | undefined {
  try {
    parseAllowedUrl(entry);
    return undefined;
  } catch (error) {
    if (error instanceof AllowedUrlError) {
      return error.problem;
    }
    throw error;
  }
}

/** The canonical form of an entry: lower-case scheme and host, no trailing slash. An invalid entry stays unchanged. */
export function normaliseAllowedUrl(entry: string): string {
  try {
    return writeAllowedUrl(parseAllowedUrl(entry));
  } catch {
    return entry.trim();
  }
}
