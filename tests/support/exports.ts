/** Parses the settings from lines for a shell's `eval`: `export NAME=value`. */
export function exported(lines: string): Record<string, string> {
  return Object.fromEntries(
    [...lines.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = "", value = ""]) => [
      name,
      value.replace(/^'(.*)'$/, "$1"),
    ]),
  );
}
