import type * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as ica from "../../sdk/index";
import { withPlugin } from "./plugin/with-plugin";

/** What serves the resources of a program. */
export interface Adapter {
  readonly name: "dynamic resources" | "the plugin";
  /** Makes a stack ready for it. */
  readonly prepare: (stack: Stack) => Promise<Stack>;
  /** Called once in each run of a program: the options that each of its resources needs. */
  readonly options: () => pulumi.CustomResourceOptions;
}

export const dynamicResources: Adapter = {
  name: "dynamic resources",
  prepare: async (stack) => stack,
  options: () => ({}),
};

const thePlugin: Adapter = {
  name: "the plugin",
  prepare: withPlugin,
  options: () => ({ provider: new ica.Provider("ica") }),
};

/** A suite that holds for dynamic resources and for the plugin, and runs with each. */
export function describeBoth(title: string, suite: (this: Mocha.Suite, adapter: Adapter) => void): void {
  for (const adapter of [dynamicResources, thePlugin])
    describe(`${title}, with ${adapter.name}, on the engine`, function () {
      suite.call(this, adapter);
    });
}
