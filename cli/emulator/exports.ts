import { LINKS_PATH, S3_PATH } from "pulumi-ica-emulator";
import { z } from "zod";
import { print, say } from "../output";
import { quoted } from "../quoted";

/** The settings that a shell needs to use an emulator. */
export interface Access {
  readonly url: string;
  readonly projectId: string;
  /** Undefined when only its hash is left. */
  readonly apiKey: string | undefined;
}

/** Prints the lines for `eval` to stdout, and explains them on stderr. */
export function printAccess({ url, projectId, apiKey }: Access): void {
  const settings = {
    ICA_BASE_URL: url,
    ICA_PROJECT_ID: projectId,
    ICA_S3_ENDPOINT: `${url}${S3_PATH}`,
    ...(apiKey === undefined ? {} : { ICA_API_KEY: apiKey }),
  };
  for (const [name, value] of Object.entries(settings)) {
    print(`export ${name}=${quoted(value)}\n`);
  }
  if (apiKey === undefined) {
    say(
      "The API key is not printed: only its hash is kept. If you no longer have it, stop the emulator and start it with",
      "--new-key, or with a key of your own in ICA_API_KEY.",
    );
  }
  if (process.stdout.isTTY) {
    say('To set these in your shell: eval "$(ica-bench emulator start)"');
  }
}

/**
 * Says where the page of the emulator is. `signInUrl` works for one sign-in; without it the page asks for the API key.
 */
export function sayPage(url: string, signInUrl: string | undefined): void {
  if (signInUrl === undefined) {
    say(`Its page: ${pageOf(url)} (sign in with the API key)`);
  } else {
    say(`One-time sign-in link (valid 10 minutes): ${signInUrl}`);
  }
}

/** The URL of the emulator's page. */
export function pageOf(url: string): string {
  return `http://localhost:${new URL(url).port}/`;
}

/** A URL that signs in to the page, if ICA_API_KEY is the key of this emulator. */
export async function signInWithKey(url: string): Promise<string | undefined> {
  const key = process.env.ICA_API_KEY;
  if (!key) {
    return undefined;
  }
  const answer = await fetch(`${url}${LINKS_PATH}`, { method: "POST", headers: { "X-API-Key": key } });
  return answer.ok ? z.object({ url: z.string() }).parse(await answer.json()).url : undefined;
}
