/**
 * Separates an instruction's own lines from the bodies of its here-documents, as BuildKit does (frontend/dockerfile/parser).
 * The marker that starts one is a separate word. The body is kept unchanged, including carriage returns, except that `<<-`
 * removes tabs.
 *
 * @param raw as written, from the first argument on
 * @param joined the same without line continuations, for an instruction without here-documents
 */
export function partDocuments(raw: string, joined: string): { heads: string; documents: string[] } {
  const lines = raw.split("\n");
  const head = takeHead(lines);
  const marks = [...head.matchAll(/(?<=^|\s)\d*<<(-?)((?:"[^"]*"|'[^']*'|[^\s<"'])+)(?=\s|$)/g)];
  if (marks.length === 0) {
    return { heads: joined, documents: [] };
  }
  const documents = marks.map(([, chomp, quoted = ""]) => {
    const tabs = chomp === "-" ? /^\t+/ : /(?!)/;
    const mark = quoted.replace(/["']/g, "");
    const end = lines.findIndex((line) => line.replace(tabs, "").replace(/\r$/, "") === mark);
    const body = lines.splice(0, end === -1 ? lines.length : end + 1);
    return body
      .slice(0, end === -1 ? undefined : -1)
      .map((line) => `${line.replace(tabs, "")}\n`)
      .join("");
  });
  return { heads: head, documents };
}

/** Removes the instruction's own lines from the beginning: the first line and its continuations. */
function takeHead(lines: string[]): string {
  let head = "";
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (head !== "" && /^\s*(?:#|$)/.test(line)) {
      continue;
    }
    const text = line.trimEnd();
    const goesOn = /[\\`]$/.test(text);
    head += goesOn ? text.slice(0, -1) : text;
    if (!goesOn) {
      break;
    }
  }
  return head;
}
