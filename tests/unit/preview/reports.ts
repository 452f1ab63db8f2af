import type { PreviewReport } from "../../../cli/preview/report/report";

/** Where each text of a report comes from; a test replaces them with hostile ones. */
export type Text = (benign: string) => string;

const dynamic = "pulumi-nodejs:dynamic/ica";

/** A report with something in each of its lists. `count` is how many of each there are. */
export function fullReport(text: Text = (benign) => benign, count = 1): PreviewReport {
  const many = <T>(make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
  const resource = (kind: string, index: number) => ({
    urn: `urn:pulumi:dev::team::${dynamic}:${kind}::${text(`${kind}-${index}`)}`,
    type: text(`${dynamic}:${kind}`),
    name: text(`${kind}-${index}`),
  });
  const change = {
    field: text("storageGb"),
    before: text("20"),
    after: text("10"),
    effect: "replace",
    why: text("a disk cannot shrink"),
  } as const;
  const secret = { field: text("allowedUrls"), secret: true } as const;
  return {
    version: 1,
    stack: { name: text("dev").slice(0, 300), project: text("team").slice(0, 300) },
    time: "2026-03-01T14:02:00.000Z",
    run: { sha: "3f2a9c1d", number: 812, attempt: 1, url: "https://ci.example.org/runs/812" },
    refreshed: true,
    outcome: "dangers",
    dangers: [
      ...many((index) => ({
        kind: "dataLost" as const,
        resource: resource("pilot", index),
        how: "replaced" as const,
        storageGb: 64,
        changes: [change],
        certain: true,
        allowed: true,
      })),
      ...many((index) => ({
        kind: "disconnected" as const,
        resource: resource("genomics", index),
        how: "restart" as const,
        status: text("Running"),
        certain: true,
        changes: [change],
      })),
      ...many((index) => ({
        kind: "refused" as const,
        resource: resource("quiet", index),
        certain: false,
        refusals: [{ field: text("image"), reason: text("needs a restart") }],
        changes: [change],
      })),
    ],
    clicks: many((index) => ({
      resource: resource("page", index),
      setting: "web" as const,
      declared: true,
      reported: false,
    })),
    images: many((index) => ({
      resource: resource("page", index),
      op: "replace" as const,
      name: text("page"),
      version: { before: text("4c1f09aa2b7d"), after: text("91be77d0c3e2") },
      reasons: [
        { kind: "from" as const, before: text("debian:12"), after: text("debian:13") },
        { kind: "path" as const, path: text("renv.lock"), what: "changed" as const },
        { kind: "declared" as const, field: text("build.args.R"), what: "added" as const },
      ],
      archiveBytes: 1_900_000_000,
      upload: "expected" as const,
      regions: { before: [text("use1")], after: [text("use1"), text("euc1")] },
      changes: [change, secret],
    })),
    workspaces: many((index) => ({
      resource: resource("pilot", index),
      op: "replace" as const,
      name: text("pilot"),
      status: text("Running"),
      changes: [change, secret],
    })),
    pending: many((index) => ({ resource: resource("busy", index), fields: [text("image"), text("network")] })),
    drift: many((index) => ({
      resource: resource("proteomics", index),
      fields: [{ field: text("allowedUrls"), inIca: text("on"), declared: text("off"), putBack: true }],
    })),
    gone: many((index) => resource("gone", index)),
    policies: many((index) => ({
      resource: resource("pilot", index),
      pack: text("team"),
      policy: text("no-public"),
      level: "advisory" as const,
      message: text("is public"),
    })),
    findings: many(() => ({
      code: text("ICA004"),
      severity: "warning" as const,
      file: text("Dockerfile"),
      line: 3,
      message: text("runs as root"),
      fix: text("Add USER"),
    })),
    others: many((index) => ({ resource: resource("thing", index), op: "update" as const, changes: [change] })),
    unchanged: 12,
    errors: [],
    warnings: many((index) => ({ resource: resource("thing", index), message: text("is old") })),
    notJudged: [],
  };
}

/** The same stack after a preview that failed. */
export function failedReport(text: Text = (benign) => benign, count = 1): PreviewReport {
  const full = fullReport(text, count);
  return {
    ...full,
    outcome: "failed",
    errors: full.gone.map((resource) => ({ resource, message: text("it broke") })),
    notJudged: full.gone,
  };
}
