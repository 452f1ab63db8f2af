import type { Finding } from "../../contract/finding";

/** The built image cannot run in Bench; nothing was uploaded. */
export class ContractError extends Error {
  override readonly name = "ContractError";

  constructor(
    subject: string,
    readonly findings: readonly Finding[],
  ) {
    super(
      `${subject} would not run in Bench, so it was not uploaded:\n${findings.map(({ code, message, fix }) => `  ${code} ${message}. ${fix}`).join("\n")}\n${lastLines(findings)}` +
        'docs/image-contract.md explains each rule; verify: "none" publishes it all the same.',
    );
  }
}

/** The output of the image's trial run, shown once for all findings. */
function lastLines(findings: readonly Finding[]): string {
  const log = findings.find((finding) => finding.log !== undefined)?.log;
  if (log === undefined) {
    return "";
  }
  return log.length === 0 ? "It wrote nothing.\n" : `Its last lines:\n${log.map((line) => `  | ${line}`).join("\n")}\n`;
}
