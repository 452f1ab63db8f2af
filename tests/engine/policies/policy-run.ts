import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { PolicyEvent, Stack } from "@pulumi/pulumi/automation/index.js";

export const pack = path.resolve(__dirname, "../../../examples/policy");

/** A violation, as the engine reports it. */
export interface Violation {
  readonly policy: string;
  readonly level: string;
  /** Name of the resource in the program. */
  readonly resource: string;
  readonly message: string;
}

/** What a run with the pack said. */
export interface PolicyRun {
  readonly violations: readonly Violation[];
  /** Why the run failed; undefined if it did not. */
  readonly failure: string | undefined;
}

type Command = "preview" | "up";

/** Runs a command with the pack; `config` is the content of the configuration file. */
export async function withPolicies(
  stack: Stack,
  command: Command,
  config?: { readonly file: string; readonly content: Readonly<Record<string, unknown>> },
  refresh = false,
): Promise<PolicyRun> {
  if (config !== undefined) await writeFile(config.file, JSON.stringify(config.content));
  const violations: Violation[] = [];
  const options = {
    refresh,
    policyPacks: [pack],
    ...(config === undefined ? {} : { policyPackConfigs: [config.file] }),
    onEvent: ({ policyEvent }: { policyEvent?: PolicyEvent }) => {
      if (policyEvent !== undefined) violations.push(violation(policyEvent));
    },
  };
  try {
    await (command === "up" ? stack.up(options) : stack.preview(options));
    return { violations, failure: undefined };
  } catch (error) {
    return { violations, failure: error instanceof Error ? error.message : String(error) };
  }
}

function violation({ policyName, enforcementLevel, resourceUrn = "", message }: PolicyEvent): Violation {
  return {
    policy: policyName,
    level: enforcementLevel,
    resource: resourceUrn.split("::").at(-1) ?? "",
    // The engine's own marks of colour.
    message: message.replace(/<\{%.*?%\}>/g, "").trim(),
  };
}

/** A violation without its message, for a comparison of lists. */
export const short = ({ level, policy, resource }: Violation): string => `${level} ${policy} ${resource}`;
