import { strict as assert } from "node:assert";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type PreviewReport, parseReport } from "../../../cli/preview/report/report";
import { icaBench } from "../../cli/process";
import { CliProgram } from "../program/cli-program";
import { WorkspaceBench } from "../workspaces/workspaces";
import { pack } from "./policy-run";

describe("policy violations in ica-bench preview", function () {
  this.timeout(240_000);
  let workspaces: WorkspaceBench;
  let program: CliProgram;

  before(async () => {
    workspaces = await WorkspaceBench.start();
    program = await CliProgram.create(
      workspaces.bench,
      `new ica.Workspace("teaching", {
        image: "${workspaces.images.first}", resourceModel: "standard-small", storageGb: 20, access: { web: true },
        network: "public", name: "TEACHING",
      }, { protect: true });`,
    );
  });
  after(async () => {
    await workspaces?.close();
    await program?.remove();
  });

  interface Said {
    readonly code: number | null;
    readonly report: PreviewReport;
    readonly comment: string;
  }

  /** Runs the command with the pack and a configuration; its Markdown is what a job's summary gets. */
  async function preview(config: Readonly<Record<string, unknown>>): Promise<Said> {
    const [file, summary] = ["policy-config.json", "summary.md"].map((name) => path.join(program.dir, name));
    assert.ok(file !== undefined && summary !== undefined);
    await writeFile(file, JSON.stringify(config));
    await writeFile(summary, "");
    const { code, stdout, stderr } = await icaBench(
      ["preview", "--cwd", program.dir, "--policy-pack", pack, "--policy-pack-config", file].concat([
        "--format",
        "json",
        "--summary",
        summary,
      ]),
      { env: program.env },
    );
    assert.notEqual(stdout, "", stderr);
    return { code, report: parseReport(stdout), comment: await readFile(summary, "utf8") };
  }
  const short = ({ policies }: PreviewReport) =>
    policies.map(({ pack: of, policy, level, resource }) => `${level} ${of}/${policy} ${resource?.name}`).sort();

  it("shows a mandatory and an advisory one, in JSON and in Markdown, and fails", async () => {
    const { code, report, comment } = await preview({});
    assert.equal(code, 1);
    assert.equal(report.outcome, "failed");
    assert.deepEqual(short(report), ["advisory bench/names teaching", "mandatory bench/public-network teaching"]);
    const [, message] = report.policies.map((one) => one.message).sort();
    assert.match(message ?? "", /^The name of a workspace[^\n]*\nThe name is "TEACHING"/, "without marks of colour");
    assert.match(comment, /^### Preview of `cli-test\/cli`: failed.*mandatory/m);
    assert.match(
      comment,
      /^- \*\*mandatory\*\* `bench\/public-network` for `teaching`: A workspace has no public network\./m,
    );
    assert.match(comment, /^- \*\*advisory\*\* `bench\/names` for `teaching`: The name of a workspace/m);
    assert.ok(
      comment.indexOf("**mandatory**") < comment.indexOf("**advisory**"),
      "what stops pulumi up is shown before what does not",
    );
  });

  it("shows an advisory one of a preview that passes", async () => {
    const { code, report, comment } = await preview({ all: "advisory", "public-network": "disabled" });
    assert.equal(code, 2, "something changes");
    assert.deepEqual(short(report), ["advisory bench/names teaching"]);
    assert.deepEqual(report.errors, []);
    assert.match(comment, /^\*\*1 policy violation\*\*$/m);
  });

  it("accepts one configuration for each pack", async () => {
    const { code, stderr } = await icaBench(
      ["preview", "--cwd", program.dir, "--policy-pack-config", "policy-config.json"],
      { env: program.env },
    );
    assert.equal(code, 1);
    assert.match(stderr, /--policy-pack-config is given once for each --policy-pack/);
  });
});
