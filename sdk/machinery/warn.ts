import * as pulumi from "@pulumi/pulumi";
import { printable } from "../../runtime/printable";

/** Logs a warning on the stack. Paths and values in it may come from others, so unprintable characters are removed first. */
export function warn(message: string): void {
  void pulumi.log.warn(printable(message));
}
