import assert from "node:assert/strict";
import { listContext } from "../../../provider/build-context/listing";
import { checkDockerfile } from "../../../provider/contract/dockerfile/dockerfile";
import type { Finding } from "../../../provider/contract/finding";
import { type Made, makeContext, removeContext } from "../../support/context-folder";

export const user = "RUN useradd --uid 1000 --gid 100 --home-dir /data --no-create-home --shell /bin/bash ica";
export const script = "COPY --chmod=0755 ica_start.sh /usr/local/bin/ica_start.sh";
export const text = "#!/bin/bash\ntail -f /dev/null &\nwait\n";

/** A Dockerfile that keeps the contract, with parts replaced. */
export function dockerfile(
  parts: { from?: string; user?: string; script?: string; more?: string; end?: string } = {},
): string {
  return [
    parts.from ?? "FROM debian:bookworm-slim",
    parts.user ?? user,
    parts.script ?? script,
    parts.more ?? "",
    parts.end ?? "USER ica",
  ].join("\n");
}

export interface Case {
  readonly what: string;
  readonly dockerfile: string;
  /** `!` marks an error, `?` a warning; with the line. Notes, which say what is seen only after the build, are not listed. */
  readonly finds: readonly string[];
  readonly args?: Record<string, string>;
  readonly target?: string;
  /** The context; without it none is looked at. */
  readonly files?: Record<string, Made>;
}

/** Findings as a case writes them, sorted. */
export function marked(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ severity }) => severity !== "note")
    .map(
      ({ code, severity, line }) => `${severity === "error" ? "!" : "?"}${code}${line === undefined ? "" : `:${line}`}`,
    )
    .sort();
}

/** Checks Dockerfiles in contexts that are made for them. */
export class Contexts {
  readonly #folders: string[] = [];

  async check({ dockerfile: source, args, target, files }: Omit<Case, "finds">): Promise<Finding[]> {
    const context = files === undefined ? undefined : await makeContext({ ...files, Dockerfile: source });
    if (context !== undefined) this.#folders.push(context);
    const listing = context === undefined ? undefined : await listContext({ context });
    return checkDockerfile(source, { access: { web: true, console: true }, build: { args, target }, files: listing });
  }

  async removeAll(): Promise<void> {
    for (const folder of this.#folders) await removeContext(folder);
  }
}

/** One test for each case: the good ones find nothing, the others exactly what they say. */
export function describeCases(what: string, good: readonly Omit<Case, "finds">[], others: readonly Case[]): void {
  describe(what, () => {
    const contexts = new Contexts();
    after(() => contexts.removeAll());

    for (const one of [...good.map((each) => ({ ...each, finds: [] })), ...others]) {
      it(
        one.finds.length === 0 ? `is kept with ${one.what}` : `finds ${one.finds.join(", ")} with ${one.what}`,
        async () => {
          const findings = await contexts.check(one);
          assert.deepEqual(marked(findings), [...one.finds].sort(), findings.map(({ message }) => message).join("\n"));
        },
      );
    }
  });
}
