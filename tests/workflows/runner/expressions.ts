/** What an expression may see: contexts by name, and the state of the job so far. */
export interface Scope {
  readonly contexts: Readonly<Record<string, unknown>>;
  readonly status: "success" | "failure";
  readonly hashFiles: (patterns: readonly string[]) => string;
}

const inserted = /\$\{\{(.*?)\}\}/gs;
const statusFunctions = /\b(success|failure|always|cancelled)\(\)/;

/** Fills in the `${{ }}` of a text. */
export async function filled(text: string, scope: Scope): Promise<string> {
  const parts = text.split(inserted);
  const values = await Promise.all(
    parts.map(async (part, index) => (index % 2 === 0 ? part : (await evaluated(part, scope)).coerceString())),
  );
  return values.join("");
}

export async function filledAll(
  texts: Readonly<Record<string, string>>,
  scope: Scope,
): Promise<Record<string, string>> {
  const entries = Object.entries(texts).map(async ([name, text]) => [name, await filled(text, scope)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Whether an `if` holds. Without a function that asks for the status, it holds only after success. */
export async function holds(condition: string | undefined, scope: Scope): Promise<boolean> {
  if (condition === undefined) return scope.status === "success";
  const text = condition.trim().replace(/^\$\{\{(.*)\}\}$/s, "$1");
  if (!statusFunctions.test(text) && scope.status !== "success") return false;
  const { Kind } = (await import("@actions/expressions")).data;
  const value = await evaluated(text, scope);
  return value.kind === Kind.String
    ? value.value !== ""
    : value.kind === Kind.Boolean
      ? value.value
      : value.number() !== 0;
}

/** Evaluates one expression with GitHub's own parser and rules. */
async function evaluated(text: string, { contexts, status, hashFiles }: Scope) {
  const { data, Evaluator, Lexer, Parser } = await import("@actions/expressions");
  const state = (name: string, value: boolean) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  });
  const functions = [
    state("always", true),
    state("cancelled", false),
    state("success", status === "success"),
    state("failure", status === "failure"),
    {
      name: "hashFiles",
      minArgs: 1,
      maxArgs: 255,
      call: (...patterns: { coerceString(): string }[]) =>
        new data.StringData(hashFiles(patterns.map((pattern) => pattern.coerceString()))),
    },
  ];
  const known: unknown = JSON.parse(JSON.stringify(contexts), data.reviver);
  if (!(known instanceof data.Dictionary)) throw new TypeError("contexts are a dictionary");
  const expression = new Parser(new Lexer(text.trim()).lex().tokens, Object.keys(contexts), functions).parse();
  return new Evaluator(expression, known, new Map(functions.map((each) => [each.name.toLowerCase(), each]))).evaluate();
}
