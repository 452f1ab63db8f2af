/** EROFS as C libraries, Go, Java and Node word it. */
const refused = /read-only file ?system|\bEROFS\b/i;

/**
 * Where a main process was refused to write, according to its output: the paths that its lines name, or the line itself
 * without a path.
 */
export function refusedWrites(lines: readonly string[]): string[] {
  return lines.filter((line) => refused.test(line)).map((line) => pathIn(line) ?? line.trim().slice(0, 200));
}

/**
 * The path that a message is about: a quoted path first. If there are several, the last before the reason, because the
 * program and its script come first (`/usr/local/bin/ica_start.sh: line 3: /opt/x: Read-only file system`). Otherwise
 * the first after the reason (Python).
 */
function pathIn(line: string): string | undefined {
  const at = line.search(refused);
  const [before, after] = [line.slice(0, at), line.slice(at)];
  const quoted = /["'‘`](\/[^"'‘’`]+)["'’`]/g;
  const plain = /(?<![\w./])(\/[\w.@%+~/-]*[\w@%+~-])/g;
  const first = (pattern: RegExp) => [...after.matchAll(pattern)].at(0)?.[1];
  const last = (pattern: RegExp) => [...before.matchAll(pattern)].at(-1)?.[1];
  return last(quoted) ?? first(quoted) ?? last(plain) ?? first(plain);
}
