/**
 * The entry points for the engine. Every user's state contains the names exported here (`require("pulumi-ica/provider")`),
 * so they must never change. The handlers must also understand states written by older versions.
 */
import type * as pulumi from "@pulumi/pulumi";
import { benchImageHandler } from "./bench-image/handler";
import { DynamicProvider } from "./pulumi/dynamic";
import { endWithEngine, underWay } from "./pulumi/end-with-engine";
import { workspaceHandler } from "./workspace/handler";

// Called on load and not at the first call to ICA, since the engine may be killed at any moment.
endWithEngine();

/** Handles `pulumi-nodejs:dynamic/ica:BenchImage`. */
export const benchImage: pulumi.dynamic.ResourceProvider = new DynamicProvider(
  "BenchImage",
  underWay(benchImageHandler),
);

/** Handles `pulumi-nodejs:dynamic/ica:Workspace`. */
export const workspace: pulumi.dynamic.ResourceProvider = new DynamicProvider("Workspace", underWay(workspaceHandler));
