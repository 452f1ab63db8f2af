import { AllowedUrlError, parseAllowedUrl, writeAllowedUrl } from "../../runtime/allowed-url";

/** Entries of `allowedUrls`, by the grammar that the runtime's gateway reads them with (docs/assumptions.md, W6). */

/** Why an entry cannot be used, or undefined when it can. The entry itself is not repeated: a program may call it a secret. */
export function checkAllowedUrl(entry: string): string | undefined {
  try {
    parseAllowedUrl(entry);
    return undefined;
  } catch (error) {
    if (error instanceof AllowedUrlError) return error.problem;
    throw error;
  }
}

/** The one way to write an entry: lower-case scheme and host, no trailing slash. What is no entry stays as it is. */
export function normaliseAllowedUrl(entry: string): string {
  try {
    return writeAllowedUrl(parseAllowedUrl(entry));
  } catch {
    return entry.trim();
  }
}
