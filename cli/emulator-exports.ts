import { S3_PATH } from "../emulator/object-store/server";

/** What a shell needs to use an emulator. */
export interface Access {
  readonly url: string;
  readonly projectId: string;
  /** Undefined when nobody can tell it any more. */
  readonly apiKey: string | undefined;
}

/** The lines for `eval`, and what they are good for in words, beside them. */
export function printAccess({ url, projectId, apiKey }: Access): void {
  const settings = {
    ICA_BASE_URL: url,
    ICA_PROJECT_ID: projectId,
    ICA_S3_ENDPOINT: `${url}${S3_PATH}`,
    ...(apiKey === undefined ? {} : { ICA_API_KEY: apiKey }),
  };
  for (const [name, value] of Object.entries(settings)) {
    process.stdout.write(`export ${name}=${quoted(value)}\n`);
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

/** Text for a person, where `eval` does not see it. */
export function say(...lines: string[]): void {
  process.stderr.write(`${lines.join("\n")}\n`);
}

function quoted(value: string): string {
  return /^[\w:/.@-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
