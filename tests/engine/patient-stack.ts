import type { Stack } from "@pulumi/pulumi/automation/index.js";

/**
 * What the Automation API says when its program, which runs in this process, cannot reach the engine it has just started.
 * Seen once in some hundred runs; nothing of the provider has been asked by then that it would not be asked again.
 */
const neverConnected = /14 UNAVAILABLE: No connection established/;

/** A stack whose commands are given once more when the program did not get through to the engine. Any other failure is one. */
export function patient(stack: Stack): Stack {
  stack.preview = twice("preview", stack.preview.bind(stack));
  stack.up = twice("up", stack.up.bind(stack));
  stack.refresh = twice("refresh", stack.refresh.bind(stack));
  stack.destroy = twice("destroy", stack.destroy.bind(stack));
  return stack;
}

function twice<Options, Result>(
  name: string,
  run: (options?: Options) => Promise<Result>,
): (options?: Options) => Promise<Result> {
  return async (options) => {
    try {
      return await run(options);
    } catch (error) {
      if (!neverConnected.test(String(error))) throw error;
      process.stdout.write(`      (pulumi ${name} once more: its program did not reach the engine)\n`);
      return run(options);
    }
  };
}
