/**
 * What the engine calls. The names exported here are written into every user's state (`require("pulumi-ica/provider")`),
 * so they are for good; and a handler must understand states that older versions have written.
 */
import type * as pulumi from "@pulumi/pulumi";
import { benchImageHandler } from "./bench-image/handler";
import { DynamicProvider } from "./pulumi/dynamic";
import { endWithEngine, underWay } from "./pulumi/end-with-engine";
import { workspaceHandler } from "./workspace/handler";

// From the start, and not from the first call of ICA on: the engine may be killed at any moment.
endWithEngine();

/** Handles `pulumi-nodejs:dynamic/ica:BenchImage`. */
export const benchImage: pulumi.dynamic.ResourceProvider = new DynamicProvider(
  "BenchImage",
  underWay(benchImageHandler),
);

/** Handles `pulumi-nodejs:dynamic/ica:Workspace`. */
export const workspace: pulumi.dynamic.ResourceProvider = new DynamicProvider("Workspace", underWay(workspaceHandler));
