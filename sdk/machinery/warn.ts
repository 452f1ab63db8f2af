import * as pulumi from "@pulumi/pulumi";
import { printable } from "../../runtime/printable";

/** A warning of the program, at the stack. Paths and values in it may be another's words, so only what is printable leaves the process. */
export function warn(message: string): void {
  void pulumi.log.warn(printable(message));
}
