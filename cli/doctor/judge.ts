import type { ApiDocument, Operation } from "./api-document";
import { type Assumption, type AssumptionId, assumptions, type Outcome } from "./assumptions";
import type { CallSeen, Facts } from "./look";

/** The outcome of one check, and the reason. */
interface Verdict {
  readonly outcome: Outcome;
  readonly why: string;
}

/** An assumption with its verdict. */
export type Judged = Assumption & Verdict;

/** The package's own documents: the calls that ICA documents, and the workspace calls that this project assumes. */
export interface Expected {
  readonly documented: ApiDocument;
  readonly workspaces: ApiDocument;
}

const knownStatuses = ["Stopped", "Starting", "Running", "Stopping", "Failed"];

const collection = "/api/projects/{}/workspaces";
const calls = {
  list: `GET ${collection}`,
  create: `POST ${collection}`,
  get: `GET ${collection}/{}`,
  update: `PUT ${collection}/{}`,
};

/** Judges every assumption by the facts. A pure function. */
export function judge(facts: Facts, expected: Expected): Judged[] {
  return assumptions.map((assumption) => ({ ...assumption, ...verdictOn(assumption.id, facts, expected) }));
}

/**
 * Whether the tenant's own document contains the documented calls that the resources use; undefined without a document.
 */
export function documentedCalls({ document }: Facts, { documented }: Expected): CallSeen | undefined {
  if (document === undefined) {
    return undefined;
  }
  const there = new Set(document.document.calls);
  const missing = documented.calls.filter((call) => !there.has(call));
  const all = documented.calls.length;
  return {
    call: "the documented calls",
    outcome: missing.length === 0 ? "holds" : "fails",
    why:
      missing.length === 0
        ? `the OpenAPI document has all ${all} that are used`
        : `the OpenAPI document lacks ${missing.length} of ${all}: ${missing.join(", ")}`,
  };
}

function verdictOn(id: AssumptionId, facts: Facts, expected: Expected): Verdict {
  switch (id) {
    case "W1":
      return workspaceCalls(facts, expected);
    case "W2":
      return served(facts) ?? fieldNames(facts, expected);
    case "W3":
      return served(facts) ?? statuses(facts);
    case "W4":
      return served(facts) ?? uniqueNames(facts);
    case "W5":
    case "W6":
    case "W7":
      return served(facts) ?? unknown("no read-only call shows it");
    case "W8":
      return served(facts) ?? headers(facts);
    case "I1":
      return dockerFormat(facts);
    case "I4":
      return namesGivenAgain(facts);
    case "S2":
      return facts.s3Endpoint === undefined
        ? unknown("no read-only call shows it")
        : holds(`ica:s3Endpoint is set: ${facts.s3Endpoint}`);
    default:
      return unknown("no read-only call shows it");
  }
}

/** Without workspace calls, the workspace assumptions stay unknown. */
function served({ workspaces }: Facts): Verdict | undefined {
  return workspaces.kind === "missing" ? unknown("there are no workspace calls to look at") : undefined;
}

function workspaceCalls({ workspaces, document }: Facts, expected: Expected): Verdict {
  const there = new Set(document?.document.calls);
  const assumed = expected.workspaces.calls;
  const lacking = assumed.filter((call) => !there.has(call));
  const alike = (document?.document.calls ?? []).filter(
    (call) => /workspace|bench/i.test(call) && !assumed.includes(call),
  );
  const hint =
    alike.length === 0
      ? ""
      : `; similar calls are there, to be compared with openapi/workspaces.yaml: ${alike.slice(0, 8).join(", ")}`;
  if (workspaces.kind === "missing") {
    const inDocument =
      document === undefined
        ? "no OpenAPI document was found"
        : `the OpenAPI document has ${assumed.length - lacking.length} of the ${assumed.length} calls`;
    return fails(`${workspaces.why}, and ${inDocument}${hint}`);
  }
  const answer = workspaces.kind === "served" ? "the list is served" : workspaces.why;
  if (document === undefined) {
    return unknown(`${answer}; no OpenAPI document was found to check the other calls against`);
  }
  if (lacking.length === 0) {
    return holds(`${answer}, and the OpenAPI document has all ${assumed.length} calls`);
  }
  if (lacking.length === assumed.length) {
    return unknown(`${answer}, but the OpenAPI document has no such call${hint}`);
  }
  return fails(`the OpenAPI document lacks ${lacking.join(", ")}${hint}`);
}

function fieldNames({ workspaces, document }: Facts, expected: Expected): Verdict {
  if (workspaces.kind === "served" && workspaces.problem !== undefined) {
    return fails(workspaces.problem);
  }
  const create = both(document?.document, expected, calls.create);
  const get = both(document?.document, expected, calls.get);
  if (create !== undefined && get !== undefined) {
    const missing = [
      ...[...create.ours.request.keys()].filter((field) => !create.theirs.request.has(field)),
      ...[...get.ours.answer]
        .filter(([field, { required }]) => required && !get.theirs.answer.has(field))
        .map(([f]) => f),
    ];
    return missing.length === 0
      ? holds("the OpenAPI document has every field that is sent and read")
      : fails(`the OpenAPI document lacks ${[...new Set(missing)].join(", ")}`);
  }
  if (workspaces.kind === "served" && workspaces.list.length > 0) {
    return holds(`${workspaces.list.length} workspaces were read`);
  }
  return unknown("no OpenAPI document says, and there is no workspace to look at");
}

function statuses({ workspaces, document }: Facts): Verdict {
  const seen = new Set(workspaces.kind === "served" ? workspaces.list.map(({ status }) => status) : []);
  const strange = [...seen].filter((status) => !knownStatuses.includes(status));
  if (strange.length > 0) {
    return fails(`there are workspaces with status ${strange.join(", ")}`);
  }
  const listed = document?.document.operation(calls.get)?.answer.get("status")?.values;
  if (listed !== undefined) {
    const missing = knownStatuses.filter((status) => !listed.includes(status));
    const more = listed.filter((status) => !knownStatuses.includes(status));
    return missing.length === 0 && more.length === 0
      ? holds("the OpenAPI document lists these")
      : fails(`the OpenAPI document lists ${listed.join(", ")}`);
  }
  return unknown(seen.size === 0 ? "no workspace to look at" : `seen so far: ${[...seen].sort().join(", ")}`);
}

function uniqueNames({ workspaces }: Facts): Verdict {
  const names = workspaces.kind === "served" ? workspaces.list.map(({ name }) => name) : [];
  const twice = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
  return twice.length > 0
    ? fails(`more than one workspace is called ${twice.map((name) => `"${name}"`).join(", ")}`)
    : unknown(`no two of ${names.length} workspaces have one name, which proves nothing`);
}

function headers({ document }: Facts): Verdict {
  const create = document?.document.operation(calls.create);
  const update = document?.document.operation(calls.update);
  if (create === undefined || update === undefined) {
    return unknown("no OpenAPI document says");
  }
  const missing = [
    ...(create.headers.has("idempotency-key") ? [] : ["Idempotency-Key of the create call"]),
    ...(update.headers.has("if-match") ? [] : ["If-Match of the update call"]),
  ];
  return missing.length === 0
    ? holds("the OpenAPI document has both headers")
    : fails(`the OpenAPI document lacks ${missing.join(" and ")}`);
}

function dockerFormat({ formats }: Facts): Verdict {
  if (formats === undefined) {
    return unknown("the data formats could not be read");
  }
  const codes = formats.map(({ code }) => code);
  if (codes.some((code) => code.toUpperCase() === "DOCKER")) {
    return holds(`GET /api/dataFormats lists DOCKER among ${codes.length}`);
  }
  const similar = codes.filter((code) => /docker|image|tar/i.test(code));
  return fails(
    `GET /api/dataFormats lists no DOCKER among ${codes.length}${similar.length === 0 ? "" : `; similar: ${similar.join(", ")}`}`,
  );
}

/** Looks for a name and version that a failed or deleted image had and that another image has now. */
function namesGivenAgain({ images = [] }: Facts): Verdict {
  const labelOf = (image: (typeof images)[number]) => `${image.name} ${image.version ?? ""}`.trim();
  const ended = new Set(
    images.filter(({ status }) => ["BUILDFAILED", "DELETED", "DELETING"].includes(status)).map(labelOf),
  );
  const again = images.find((image) => image.status === "AVAILABLE" && ended.has(labelOf(image)));
  return again === undefined
    ? unknown(ended.size === 0 ? "no image failed or was deleted so far" : "none of them was published again so far")
    : holds(`${labelOf(again)} is AVAILABLE beside one that failed or was deleted`);
}

function both(
  document: ApiDocument | undefined,
  expected: Expected,
  call: string,
): { ours: Operation; theirs: Operation } | undefined {
  const ours = expected.workspaces.operation(call);
  const theirs = document?.operation(call);
  return ours === undefined || theirs === undefined ? undefined : { ours, theirs };
}

const verdict =
  (outcome: Outcome) =>
  (why: string): Verdict => ({ outcome, why: why.replace(/\s+/g, " ").trim() });
const holds = verdict("holds");
const fails = verdict("fails");
const unknown = verdict("unknown");
