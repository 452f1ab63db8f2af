/** EROFS in the words of C libraries, Go, Java and Node. */
const REFUSED = /read-only file ?system|\bEROFS\b/i;

/**
 * Where a main process was refused to write, by its own words: the paths that its lines name, or the line itself where it names
 * none.
 */
export function refusedWrites(lines: readonly string[]): string[] {
  return lines.filter((line) => REFUSED.test(line)).map((line) => pathIn(line) ?? line.trim().slice(0, 200));
}

/**
 * The path that a message is about: a quoted one first; of several, the last before the reason, since the program and its script
 * are named before (`/usr/local/bin/ica_start.sh: line 3: /opt/x: Read-only file system`); else the first after it (Python).
 */
function pathIn(line: string): string | undefined {
  const at = line.search(REFUSED);
  const [before, after] = [line.slice(0, at), line.slice(at)];
  const quoted = /["'‘`](\/[^"'‘’`]+)["'’`]/g;
  const plain = /(?<![\w./])(\/[\w.@%+~/-]*[\w@%+~-])/g;
  const first = (pattern: RegExp) => [...after.matchAll(pattern)].at(0)?.[1];
  const last = (pattern: RegExp) => [...before.matchAll(pattern)].at(-1)?.[1];
  return last(quoted) ?? first(quoted) ?? last(plain) ?? first(plain);
}
