/**
 * Whether a word of the shell, with its patterns and braces, stands for a path or a folder above it: what of the path is below
 * (nothing when it is the path itself), else undefined. A folder that only may be a link is taken as one.
 */
export function below(word: string, path: string): string | undefined {
  const wanted = partsOf(path);
  for (const parts of expandBraces(word).map(partsOf))
    if (parts.length <= wanted.length && parts.every((part, i) => matches(wanted[i] ?? "", part)))
      return wanted.slice(parts.length).join("/");
  return undefined;
}

/** Whether it depends on the files that are there what a word stands for. */
export function isPattern(word: string): boolean {
  return /[*?[]|\{.*,.*\}/.test(word);
}

/** The shell's pattern for one name. */
export function matches(name: string, pattern: string): boolean {
  if (!/[*?[]/.test(pattern)) return name === pattern;
  const source = pattern.replace(/\[!?[^\]]+\]|[\\^$.|?*+()[\]{}]/g, (found) => {
    if (found === "*") return ".*";
    if (found === "?") return ".";
    return found.length > 1 ? found.replace(/^\[!/, "[^") : `\\${found}`;
  });
  try {
    return new RegExp(`^${source}$`, "s").test(name);
  } catch {
    // A class that ends before it begins ([z-a]) matches nothing.
    return false;
  }
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

/** `a{b,c}` is ab and ac. */
function expandBraces(word: string): string[] {
  const [whole, before = "", list = "", after = ""] = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(word) ?? [];
  return whole === undefined ? [word] : list.split(",").flatMap((each) => expandBraces(`${before}${each}${after}`));
}
