import { strict as assert } from "node:assert";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type PreviewReport, parseReport } from "../../../cli/preview/report/report";
import { command } from "../../support/programs/command";
import { CliProgram } from "../program/cli-program";
import { WorkspaceBench } from "../workspaces/workspaces";

const main = path.resolve(__dirname, "../../../dist/cli/main.js");

/** Names of the resources in a list of the report. */
const names = (list: readonly { readonly resource: { readonly name: string } }[]) =>
  list.map(({ resource }) => resource.name).sort();

describe("ica-bench preview, on the engine", function () {
  this.timeout(300_000);
  let workspaces: WorkspaceBench;
  let program: CliProgram;
  let context: string;
  let head: string;

  /** The program: names with what differs from a plain workspace, and the image's build. */
  const declared = ({
    more = "",
    size = 20,
    model = "standard-small",
    urls = "[]",
    build = "",
    restart = false,
  } = {}) => `
    ${head}
    const image = new ica.BenchImage("page", { build: { context: ${JSON.stringify(context)}${build} }, access: { web: true, console: true }, clusterCompatible: true });
    workspace("pilot", { storageGb: ${size}, allowDataLoss: true });
    workspace("genomics", { resourceModel: "${model}", desiredState: "running", allowRestart: ${restart} });
    workspace("proteomics", { desiredState: "running", allowedUrls: ${urls}, allowRestart: ${restart} });
    workspace("gone", {});
    workspace("quiet", {});
    new Thing("thing", { size: ${size}, token: pulumi.secret("token-of-${size}") });
    ${more}`;

  before(async () => {
    workspaces = await WorkspaceBench.start();
    context = await workspaces.bench.imageContext("image");
    head = `
      const plain = { image: ${JSON.stringify(workspaces.images.first)}, resourceModel: "standard-small", storageGb: 20, access: { web: true }, network: "restricted" };
      const workspace = (name, more, opts) => new ica.Workspace(name, { name, ...plain, ...more }, opts);
      class Thing extends pulumi.dynamic.Resource {
        constructor(name, args) {
          super({
            create: async (inputs) => ({ id: "thing", outs: inputs }),
            diff: async (id, olds, news) => ({ changes: olds.size !== news.size }),
            update: async (id, olds, news) => ({ outs: news }),
          }, name, args, undefined, "other", "Thing");
        }
      }`;
    program = await CliProgram.create(
      workspaces.bench,
      declared({ more: 'workspace("old", {}); workspace("kept", {}, { retainOnDelete: true });' }),
    );
    const { code, all } = await program.pulumi(
      "up",
      "--yes",
      "--non-interactive",
      "--skip-preview",
      "--color",
      "never",
    );
    assert.equal(code, 0, all);
  });

  after(async () => {
    await workspaces?.close();
    await program?.remove();
  });

  const preview = (...args: string[]) =>
    command(process.execPath, [main, "preview", "--cwd", program.dir, ...args], {
      env: { ...program.env, GITHUB_STEP_SUMMARY: "", NO_COLOR: "1" },
      mayFail: true,
    });

  const reported = async (...args: string[]): Promise<PreviewReport & { exit: number }> => {
    const { code, stdout, all } = await preview("--format", "json", ...args);
    assert.ok(stdout.startsWith("{"), all);
    return { ...parseReport(stdout), exit: code };
  };

  it("says that nothing changes, with exit code 0, and writes nothing", async () => {
    workspaces.takeWrites();
    const report = await reported();
    assert.deepEqual([report.outcome, report.exit], ["unchanged", 0]);
    assert.equal(report.unchanged, 9);
    assert.deepEqual(workspaces.takeWrites(), []);
  });

  describe("of a program that costs data and work", () => {
    let report: PreviewReport & { exit: number };

    before(async () => {
      const file = path.join(context, "index.html");
      await writeFile(file, `${await readFile(file, "utf8")}<!-- edited -->\n`);
      await writeFile(path.join(context, "renv.lock"), "{}\n");
      const next = declared({
        size: 10,
        model: "standard-large",
        urls: '[pulumi.secret("https://hidden.example.org/")]',
        restart: true,
      });
      await program.change(next);
      report = await reported();
    });

    it("ends with exit code 3, or 0 with --exit-zero", async () => {
      assert.deepEqual([report.outcome, report.exit], ["dangers", 3]);
      assert.equal((await reported("--exit-zero")).exit, 0);
    });

    it("names the workspaces whose data is lost, and not the one that is kept", () => {
      const lost = report.dangers.filter(({ kind }) => kind === "dataLost");
      assert.deepEqual(names(lost), ["old", "pilot"]);
      assert.deepEqual(
        lost.flatMap((danger) => danger.changes.map(({ field, before, after, why }) => [field, before, after, why])),
        [["storageGb", "20", "10", "a disk cannot shrink"]],
      );
      assert.deepEqual(
        report.workspaces.filter(({ op }) => op === "forget").map(({ resource }) => resource.name),
        ["kept"],
      );
    });

    it("says who is cut off, from what ICA says of the workspace now", () => {
      const cutOff = report.dangers.filter(({ kind }) => kind === "disconnected");
      assert.deepEqual(names(cutOff), ["genomics", "proteomics"]);
      const danger = cutOff.find(({ resource }) => resource.name === "genomics");
      assert.ok(danger?.kind === "disconnected");
      assert.deepEqual([danger.how, danger.status, danger.certain], ["restart", "Running", true]);
    });

    it("says why the image is rebuilt, the versions, and that an upload is expected", () => {
      const [image] = report.images;
      assert.deepEqual(image?.reasons, [
        { kind: "path", path: "index.html", what: "changed" },
        { kind: "path", path: "renv.lock", what: "added" },
      ]);
      assert.equal(image?.op, "replace");
      assert.match(`${image?.version.before} ${image?.version.after}`, /^[0-9a-f]{12} [0-9a-f]{12}$/);
      assert.equal(image?.upload, "expected");
      assert.ok((image?.archiveBytes ?? 0) > 1e6);
      assert.deepEqual(image?.regions.after, ["use1"]);
    });

    it("lists another provider's resource, and says only that a secret changes", () => {
      const [other] = report.others;
      assert.deepEqual([other?.resource.type, other?.op], ["pulumi-nodejs:dynamic/other:Thing", "update"]);
      const fields = Object.fromEntries((other?.changes ?? []).map((change) => [change.field, change]));
      assert.deepEqual(fields.size, { field: "size", before: "20", after: "10" });
      const urls = report.workspaces.find(({ resource }) => resource.name === "proteomics")?.changes;
      assert.equal(urls?.find(({ field }) => field === "allowedUrls")?.secret, true);
      assert.doesNotMatch(JSON.stringify(report), /hidden\.example|token-of/);
    });

    it("counts what stays", () => assert.equal(report.unchanged, 2));

    it("is Markdown on standard output, in a file and in the job's summary", async () => {
      const [file, summary] = ["out.md", "summary.md"].map((name) => path.join(workspaces.bench.dir, name));
      assert.ok(file !== undefined && summary !== undefined);
      const { stdout, code } = await preview("--format", "markdown", "--output", file, "--summary", summary);
      assert.equal(code, 3);
      assert.match(stdout, /^<!-- pulumi-ica:preview \{"v":1,"stack":"[0-9a-f]{16}"/);
      assert.match(stdout, /data of 2 workspaces is lost/);
      assert.match(stdout, /`index\.html` changed/);
      for (const written of [file, summary])
        assert.match(await readFile(written, "utf8"), /data of 2 workspaces is lost/);
      assert.doesNotMatch(stdout, /hidden\.example|token-of/);
    });

    it("reads the same in a digest of pulumi preview --json, with the program's own lines before it", async () => {
      const { all } = await program.pulumi("preview", "--json", "--non-interactive");
      const digest = path.join(workspaces.bench.dir, "digest.txt");
      await writeFile(digest, `a line of the program\n${all}`);
      const read = await reported("--from", digest);
      assert.deepEqual(names(read.dangers.filter(({ kind }) => kind === "dataLost")), ["old", "pilot"]);
      assert.deepEqual(read.images[0]?.reasons, report.images[0]?.reasons, "the files are on this machine");
      assert.deepEqual(names(read.others), names(report.others));
      assert.deepEqual(read.unchanged, report.unchanged);
      assert.doesNotMatch(JSON.stringify(read), /hidden\.example|token-of/);
      await writeFile(path.join(context, "renv.lock"), "{ }\n");
      assert.deepEqual((await reported("--from", digest)).images[0]?.reasons, [{ kind: "notHere" }]);
      await writeFile(path.join(context, "renv.lock"), "{}\n");
    });

    it("leaves no file of facts behind", async () => {
      const left = (await readdir(tmpdir())).filter((name) => name.startsWith("ica-bench-preview-"));
      assert.deepEqual(left, []);
    });
  });

  describe("of manual changes", () => {
    before(async () => {
      await program.change(
        declared({ more: 'workspace("old", {}); workspace("kept", {}, { retainOnDelete: true });' }),
      );
      await workspaces.press((await workspaces.named("proteomics")).id, "stop");
      await workspaces.press((await workspaces.named("gone")).id, "delete");
    });

    it("says with --refresh who stopped by hand, what is gone, and that up puts it back", async () => {
      const report = await reported("--refresh");
      assert.equal(report.exit, 2, JSON.stringify(report.errors));
      assert.deepEqual(
        report.drift.map(({ resource, fields }) => [resource.name, fields]),
        [["proteomics", [{ field: "desiredState", inIca: "stopped", declared: "running", putBack: true }]]],
      );
      assert.deepEqual(
        report.gone.map(({ name }) => name),
        ["gone"],
      );
      assert.deepEqual(
        report.workspaces.map(({ resource, op }) => [resource.name, op]),
        [["gone", "create"]],
        "what up only puts back is no change of the program",
      );
      assert.equal(report.dangers.length, 0);
    });
  });

  describe("that fails", () => {
    it("is its error at the resource, and what it did not get to, with exit code 1, for every option", async () => {
      await program.change(`${declared({ size: 5 })}`);
      const report = await reported("--exit-zero");
      assert.deepEqual([report.outcome, report.exit], ["failed", 1]);
      assert.ok(
        report.errors.some(
          ({ resource, message }) => resource?.name === "pilot" && /storageGb.*at least 10/s.test(message),
        ),
        JSON.stringify(report.errors),
      );
      assert.ok(names(report.notJudged.map((resource) => ({ resource }))).includes("pilot"));
      const { stdout } = await preview("--format", "markdown");
      assert.match(stdout, /\*\*The preview failed\.\*\*/);
    });

    it("names the finding of the contract with its file and line", async () => {
      const file = path.join(context, "Dockerfile");
      const text = await readFile(file, "utf8");
      await writeFile(file, `${text.trimEnd()}\nUSER root\n`);
      await program.change(declared());
      const report = await reported();
      await writeFile(file, text);
      assert.ok(report.findings.length > 0, JSON.stringify(report.errors));
      assert.ok(report.findings.every((finding) => finding.file.endsWith("Dockerfile") && finding.line > 0));
    });

    it("before it starts, says what is missing", async () => {
      const { code, all } = await preview("--stack", "absent");
      assert.equal(code, 1);
      assert.match(all, /ica-bench preview: Stack absent not found/);
      const elsewhere = await command(process.execPath, [main, "preview", "--cwd", workspaces.bench.dir], {
        env: program.env,
        mayFail: true,
      });
      assert.equal(elsewhere.code, 1);
      assert.match(elsewhere.all, /There is no Pulumi program in /);
    });

    it("of a program with an exception shows it", async () => {
      await program.change(`${declared()}\nthrow new Error("the program broke");`);
      const report = await reported();
      assert.equal(report.exit, 1);
      assert.match(JSON.stringify(report.errors), /the program broke/);
    });
  });
});
