import { strict as assert } from "node:assert";
import { renderMarkdown } from "../../../../cli/preview/render/markdown";
import { renderText } from "../../../../cli/preview/render/text";
import { type PreviewReport, previewReport } from "../../../../cli/preview/report/report";

const resource = (name: string) => ({
  urn: `urn:pulumi:dev::team::ica:Workspace::${name}`,
  type: "ica:Workspace",
  name,
});

function report(more: Partial<PreviewReport>): PreviewReport {
  return previewReport.parse({
    version: 1,
    stack: { name: "dev", project: "team" },
    time: "2026-11-28T14:02:11Z",
    run: {},
    refreshed: true,
    outcome: "changes",
    ...{ dangers: [], clicks: [], images: [], workspaces: [], drift: [], gone: [], policies: [], findings: [] },
    ...{ others: [], errors: [], warnings: [], notJudged: [] },
    ...more,
  });
}

const comment = (more: Partial<PreviewReport>) => renderMarkdown(report(more), { limit: 65_000 });

describe("the layout of a comment", () => {
  it("shows policy violations as sentences, the mandatory ones first", () => {
    const violation = (level: "advisory" | "mandatory", message: string) => ({
      ...{ resource: resource("teaching"), pack: "bench", policy: "public-network", level, message },
    });
    const text = comment({
      policies: [
        violation("advisory", 'A workspace has a name.\n\nThe name is "X".'),
        violation("mandatory", "It is **open**.\nSee [here](https://elsewhere.example.org)."),
      ],
    });
    const [first, second] = text.split("\n").filter((line) => line.startsWith("- "));
    assert.equal(
      first,
      "- **mandatory** `bench/public-network` for `teaching`: `It is **open**.` `See [here](https://elsewhere.example.org).`",
      "what is not plain is code",
    );
    assert.equal(
      second,
      '- **advisory** `bench/public-network` for `teaching`: A workspace has a name. The name is "X".',
    );
  });

  it("says what a mandatory violation means, and that of a failed preview something is missing", () => {
    const policies = [{ pack: "bench", policy: "names", level: "mandatory" as const, message: "No." }];
    const stopped = comment({ outcome: "failed", policies });
    assert.match(stopped, /^### Preview of `team\/dev`: failed, 1 mandatory policy violation$/m);
    assert.match(stopped, /^> \*\*`pulumi up` refuses this change: it violates a mandatory policy\.\*\*$/m);
    const failed = comment({ outcome: "failed", policies, errors: [{ message: "the engine lost its way" }] });
    assert.match(failed, /^> \*\*The preview failed\.\*\* The results below are incomplete\.$/m);
    assert.match(failed, /^the engine lost its way$/m);
  });

  it("says what to do about settings, deleted resources and resources that were not previewed", () => {
    const [page, genomics] = [resource("page"), resource("genomics")];
    const clicks = [{ resource: page, setting: "web" as const, declared: false, reported: true }];
    const text = comment({
      outcome: "failed",
      errors: [{ message: "no" }],
      clicks,
      gone: [genomics],
      notJudged: [page],
    });
    assert.match(
      text,
      /^\*\*Change these settings by hand: ICA's API cannot set them\*\*\n\n- `page`: set `web` to off on the image's page in ICA\. It is on there now\.$/m,
    );
    assert.match(
      text,
      /^\*\*Deleted manually in ICA\*\*: `genomics`\. `pulumi up` creates it again if it is declared\.$/m,
    );
    assert.match(text, /^Not previewed: 1 resource: `page`\.$/m);
  });

  it("says a change once: in the danger, or else in the list", () => {
    const storage = { field: "storageGb", before: "128", after: "64" };
    const name = { field: "name", before: "old", after: "new" };
    const text = comment({
      dangers: [
        {
          kind: "dataLost",
          resource: resource("pilot"),
          how: "replaced",
          changes: [storage],
          allowed: true,
          certain: true,
        },
      ],
      workspaces: [
        { resource: resource("pilot"), op: "replace", changes: [storage, name] },
        { resource: resource("other"), op: "update", changes: [storage] },
      ],
    });
    const lines = text.split("\n").filter((line) => line.startsWith("- "));
    assert.deepEqual(lines, [
      "- `pilot` is replaced: `name` `old` → `new`",
      "- `other` is changed: `storageGb` `128` → `64`",
    ]);
    assert.match(text, /^> \*\*`pilot` is replaced.*`storageGb` `128` → `64`/m);
  });
});

describe("the text for a terminal", () => {
  it("says a change once, a violation in one line, and what a mandatory one means", () => {
    const hash = { field: "contextHash", before: "1".repeat(64), after: "2".repeat(64) };
    const image = {
      ...{ resource: resource("page"), op: "replace" as const, version: { before: "1", after: "2" }, changes: [hash] },
      ...{ reasons: [], upload: "unknown" as const, regions: { before: [], after: [] } },
    };
    const policy = { pack: "bench", policy: "names", level: "mandatory" as const, message: "A rule.\nWhat to do." };
    const text = renderText(report({ outcome: "failed", images: [image], policies: [policy] }), { colour: false });
    assert.match(text, /^REFUSED pulumi up refuses this change: it violates a mandatory policy\.$/m);
    assert.match(text, /^policy mandatory bench\/names: A rule\. What to do\.$/m);
    assert.doesNotMatch(text, /contextHash/, "the version stands for it");
  });
});
