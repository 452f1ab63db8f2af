import { InvalidArgumentError } from "commander";

/**
 * Collects `NAME=VALUE`. `NAME` alone takes the value from this process's environment, which keeps a secret out of the
 * command line.
 */
export function collectPair(
  text: string,
  before: readonly (readonly [string, string])[],
): readonly (readonly [string, string])[] {
  const [, name, value] = /^([A-Za-z_]\w*)(?:=(.*))?$/s.exec(text) ?? [];
  if (name === undefined) {
    throw new InvalidArgumentError("Write NAME=VALUE, or NAME to take the value from this shell.");
  }
  const given = value ?? process.env[name];
  if (given === undefined) {
    throw new InvalidArgumentError(`${name} is not set in this shell.`);
  }
  return [...before, [name, given]];
}
