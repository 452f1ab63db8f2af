/**
 * What the engine calls. The names exported here are written into every user's state (`require("pulumi-ica/provider")`),
 * so they are for good; and a handler must understand states that older versions have written.
 */
import type * as pulumi from "@pulumi/pulumi";
import { benchImageHandler } from "./bench-image/handler";
import { DynamicProvider } from "./dynamic";
import { workspaceHandler } from "./workspace/handler";

/** Handles `pulumi-nodejs:dynamic/ica:BenchImage`. */
export const benchImage: pulumi.dynamic.ResourceProvider = new DynamicProvider("BenchImage", benchImageHandler);

/** Handles `pulumi-nodejs:dynamic/ica:Workspace`. */
export const workspace: pulumi.dynamic.ResourceProvider = new DynamicProvider("Workspace", workspaceHandler);
