import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

const provider = path.resolve(__dirname, "../../../provider");

/** A call of `log.info`, `log.warn` or `log.status` in a handler: its line stands in the row of a resource. */
interface RowMessage {
  readonly at: string;
  readonly source: string;
  /** The text before the first value that is put in; undefined: the line is made somewhere else. */
  readonly heads: readonly string[] | undefined;
}

/** Lines that are made somewhere else, and how those begin. */
const madeElsewhere: Readonly<Record<string, string>> = {
  "bench-image/registration/finish.ts: line": "settings.ts: which setting differs",
  "bench-image/registration/register.ts: line": "checked where it is made: waiting for ICA",
  "bench-image/archive-file/send.ts: line": "block-cache.ts: the layer cache …",
  "bench-image/archive-file/send.ts: uploadStatus(bytes, clock.now() - start)": "send.ts: uploading: …",
  "bench-image/archive-file/send.ts: warning": "layer-summary.ts: Docker gave …",
  "bench-image/archive-file/send.ts: result.leftover": "upload.ts: an upload that could not be removed",
  "workspace/handler.ts: message": "preview/messages.ts: the workspace is restarted, …",
  "workspace/handler.ts: laterMessage(refusal)": 'preview/messages.ts: "pulumi up" will refuse …, if image turns out …',
  "workspace/handler.ts: unfinishedMessage(blind)": "preview/messages.ts: was stopped …, is Starting …",
  "workspace/handler.ts: replaceMessage(plan)": "preview/messages.ts: gone: …, will be replaced because of …",
  "workspace/handler.ts: deferredMessage(plan, !wereDeferred)": "preview/messages.ts: pending: the workspace runs, …",
  "workspace/handler.ts: readyMessage(plan)": "preview/messages.ts: the workspace does not run: …",
  "workspace/converge.ts: deferredMessage(plan)": "preview/messages.ts: pending: the workspace runs, …",
  "workspace/lifecycle.ts: error.message": "the call that was refused",
};

/** Findings begin with their code, which says where to read on. */
const findings = /^`\$\{code\} /;

function* filesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(file);
    else if (file.endsWith(".ts")) yield file;
  }
}

function rowMessages(): RowMessage[] {
  const found: RowMessage[] = [];
  for (const folder of ["bench-image", "workspace"])
    for (const file of filesIn(path.join(provider, folder))) {
      const tree = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
      const visit = (node: ts.Node): void => {
        const [message] = ts.isCallExpression(node) && isLog(node.expression) ? node.arguments : [];
        if (message !== undefined)
          found.push({
            at: path.relative(provider, file),
            source: message.getText(tree),
            heads: headsOf(message),
          });
        ts.forEachChild(node, visit);
      };
      visit(tree);
    }
  return found;
}

function isLog(callee: ts.Expression): boolean {
  if (!ts.isPropertyAccessExpression(callee) || !["info", "warn", "status"].includes(callee.name.text)) return false;
  const { expression: owner } = callee;
  return (ts.isIdentifier(owner) ? owner.text : ts.isPropertyAccessExpression(owner) ? owner.name.text : "") === "log";
}

function headsOf(message: ts.Expression): readonly string[] | undefined {
  if (ts.isStringLiteralLike(message)) return [message.text];
  if (ts.isTemplateExpression(message)) return [message.head.text];
  if (ts.isBinaryExpression(message)) return headsOf(message.left);
  if (!ts.isConditionalExpression(message)) return undefined;
  const [one, other] = [headsOf(message.whenTrue), headsOf(message.whenFalse)];
  return one === undefined || other === undefined ? undefined : [...one, ...other];
}

/**
 * The row of a display names its resource already, and cuts off what does not fit: on a terminal of 80 columns some 40
 * characters of a message are left. So what happens stands first.
 */
describe("a message in the row of a resource", () => {
  const messages = rowMessages();

  it("is found in the code of both resources", () => {
    for (const folder of ["bench-image/", "workspace/"])
      assert.ok(messages.filter(({ at }) => at.startsWith(folder)).length >= 10, folder);
  });

  for (const { at, source, heads } of messages) {
    const title = `${at}: ${source.replace(/\s+/g, " ").slice(0, 70)}`;
    if (heads === undefined)
      it(`is checked where it is written: ${title}`, () => {
        assert.ok(`${at}: ${source}` in madeElsewhere, `${at}: ${source} is not in the list of this test`);
      });
    else if (!findings.test(source))
      it(`begins with what happens, and not with a name: ${title}`, () => {
        for (const head of heads) {
          assert.doesNotMatch(head, /^(the )?(image|workspace|archive) *"?$/, "a name comes first");
          assert.ok(head.trim().length >= 5, "a value comes before what happens");
        }
      });
  }
});
