/** Text for a person, where `eval` does not see it. */
export function say(...lines: string[]): void {
  process.stderr.write(`${lines.join("\n")}\n`);
}

/** A word for a shell. */
export function quoted(value: string): string {
  return /^[\w:/.@-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
