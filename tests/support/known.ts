import assert from "node:assert/strict";
import { benchImageHandler } from "../../provider/bench-image/handler";
import type { BenchImageInputs } from "../../provider/bench-image/inputs";
import type { CheckResult } from "../../provider/handler";
import { isKnown, type MaybeWithin } from "../../provider/inputs/unknown";
import type { WorkspaceInputs } from "../../provider/workspace/inputs";

/** The inputs that a check returned, of which every value has to be known. */
export function knownWorkspace(inputs: MaybeWithin<WorkspaceInputs>): WorkspaceInputs {
  assert.ok(isKnown(inputs), "a value of the checked inputs is not known");
  return inputs;
}

/** Checks an image of which every value is known. Fails when a test reads inputs that are not. */
export async function checkedImage(
  ...args: Parameters<typeof benchImageHandler.check>
): Promise<CheckResult<BenchImageInputs>> {
  const { inputs, failures } = await benchImageHandler.check(...args);
  return {
    failures,
    get inputs() {
      assert.ok(isKnown(inputs), "a value of the checked inputs is not known");
      return inputs;
    },
  };
}
