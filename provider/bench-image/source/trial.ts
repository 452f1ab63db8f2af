import type { TrialReport, TrialTiming } from "pulumi-ica-emulator/trial";
import type { Context } from "../../context";
import { benchUserName } from "../../contract/bench-user";
import { named } from "../../contract/dockerfile/script-writes";
import { type Finding, finding } from "../../contract/finding";
import type { Access } from "../../contract/rules";
import type { Docker } from "../../docker/cli";
import { isEmulatorMissing, missingEmulator } from "../../emulator-package";
import { PublishError } from "../publish-error";

/**
 * Starts a local image under Bench's rules and reports which parts of the contract it breaks. Always removes what it created
 * in Docker; what a killed process left, the next trial removes.
 */
export async function tryImage(
  { log, signal }: Pick<Context, "log" | "signal">,
  docker: Docker,
  reference: string,
  access: Access,
  timing?: TrialTiming,
): Promise<Finding[]> {
  const { runTrial } = loadTrial();
  log.info("trying the image out under Bench's rules");
  const user = await benchUserName(docker, reference);
  const report = await runTrial(
    { image: reference, access, user },
    {
      command: docker.client.command,
      log: (line) => log.info(`trial: ${line}`),
      signal,
      ...(timing === undefined ? {} : { timing }),
    },
  );
  return findingsOf(report);
}

/** Why no trial can run here; undefined when it can. */
export function trialMissing(): string | undefined {
  try {
    require.resolve("pulumi-ica-emulator/trial");
    return undefined;
  } catch (error) {
    if (!isEmulatorMissing(error)) {
      throw error;
    }
    return missingEmulator('verify: "run"');
  }
}

/** Loaded here, not with the package: a preview does not need a client of Docker's API and should not wait for it. */
function loadTrial(): typeof import("pulumi-ica-emulator/trial") {
  try {
    return require("pulumi-ica-emulator/trial") as typeof import("pulumi-ica-emulator/trial");
  } catch (error) {
    if (!isEmulatorMissing(error)) {
      throw error;
    }
    throw new PublishError(missingEmulator('verify: "run"'), { cause: error });
  }
}

/** Translates the trial's results into findings of the contract. All are certain, since the trial observed them. */
function findingsOf({ died, web, console: ssh, stop, writes, log }: TrialReport): Finding[] {
  const told = (code: Finding["code"], message: string): Finding => ({ ...finding(code, "error", message), log });
  return [
    ...(died === undefined ? [] : [told("ICA022", died)]),
    ...(web?.ok === false ? [told("ICA011", `port 8888 does not answer correctly: ${web.detail}`)] : []),
    ...(ssh?.ok === false ? [told("ICA021", `port 2222 does not answer correctly: ${ssh.detail}`)] : []),
    ...(writes.length === 0 ? [] : [told("ICA013", `it tried to write ${named(writes)}`)]),
    ...(stop?.killed === true
      ? [told("ICA023", `it did not end within ${Math.round(stop.seconds)} s of TERM, and was killed`)]
      : []),
  ];
}
