import type { Finding } from "./contract/finding";

/** The built image cannot run in Bench; nothing was uploaded. */
export class ContractError extends Error {
  override readonly name = "ContractError";

  constructor(
    subject: string,
    readonly findings: readonly Finding[],
  ) {
    super(
      `${subject} would not run in Bench, so it was not uploaded:\n${findings.map(({ code, message, fix }) => `  ${code} ${message}. ${fix}`).join("\n")}\n` +
        'docs/image-contract.md explains each rule; verify: "none" publishes it all the same.',
    );
  }
}
