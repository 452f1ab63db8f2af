/**
 * Which folder may import which. `npm run check` fails on an arrow against this order and on every circle, type imports included.
 * docs/architecture.md draws the same order.
 */

/** What all of provider/ shares: types of a handler, time, configuration, messages. Imports nothing but itself. */
const shared =
  "^provider/(cache-folder|cancelled|clock|config|emulator-package|error-message|handler|lookup-error|poll|preview-facts|urn)\\.ts$|^provider/inputs/unknown\\.ts$";

/** The floors of provider/, the lowest first: a file may import its own floor's folder and all floors below. */
const floors = [
  shared,
  "^provider/(bytes|inputs)/",
  "^provider/ica/transport/|^provider/bzip2/",
  "^provider/(build-context|ica|docker)/",
  "^provider/(archive|contract|upload)/",
  "^provider/(context|run-memory)\\.ts$",
  "^provider/bench-image/(source|archive-file|registration|regions)/|^provider/bench-image/(inputs|build-inputs|folder|state|saved-state|identity|publish-error|rebuild-reasons|remembered)\\.ts$|^provider/workspace/(plan|preview|ownership)/|^provider/workspace/(inputs|allowed-urls|cluster|state|saved-state|presence)\\.ts$",
  "^provider/(bench-image|workspace)/",
  "^provider/pulumi/",
  "^provider/plugin/",
  "^provider/(index|lookups|value-problems)\\.ts$",
];

const upwards = floors.slice(0, -1).map((from, floor) => ({
  name: `provider-floor-${floor}`,
  comment: "An arrow against the order of docs/architecture.md.",
  severity: "error",
  from: { path: from, pathNot: floors.slice(0, floor) },
  to: { path: floors.slice(floor + 1), pathNot: [...floors.slice(0, floor + 1)] },
}));

const forbidden = (name, comment, from, to, toNot = []) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { path: to, pathNot: toNot },
});

module.exports = {
  forbidden: [
    { name: "no-circle", severity: "error", from: {}, to: { circular: true } },
    ...upwards,
    forbidden("provider-without-emulator", "They must be able to disagree.", "^provider/", "^(emulator|cli|sdk)/"),
    forbidden("emulator-without-provider", "They must be able to disagree.", "^emulator/", "^(provider|cli|sdk)/"),
    forbidden(
      "runtime-alone",
      "Bench's rules know nothing of ICA's calls.",
      "^runtime/",
      "^(provider|emulator|cli|sdk)/",
    ),
    forbidden(
      "sdk-without-code",
      "The SDK loads the provider only when a look-up asks.",
      "^sdk/",
      "^(emulator|cli|runtime)/",
      "^runtime/printable\\.ts$",
    ),
    forbidden("siblings", "Two resources do not know each other.", "^provider/bench-image/", "^provider/workspace/"),
    forbidden(
      "siblings-back",
      "Two resources do not know each other.",
      "^provider/workspace/",
      "^provider/bench-image/",
    ),
    forbidden(
      "archive-without-upload",
      "An archive does not know where it goes.",
      "^provider/archive/",
      "^provider/upload/",
    ),
    forbidden(
      "upload-without-archive",
      "An upload takes bytes from anywhere.",
      "^provider/upload/",
      "^provider/archive/",
    ),
    forbidden(
      "plugin-without-index",
      "@pulumi/pulumi's index costs a second at every start of the plugin.",
      "^provider/plugin/",
      "^provider/pulumi/(dynamic|session|engine-log|end-with-engine)\\.ts$|^sdk/|@pulumi/pulumi/index",
    ),
    forbidden("tests-stay-out", "Code does not import tests.", "^(provider|sdk|runtime|emulator|cli)/", "^tests/"),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(node_modules|dist)/" },
    enhancedResolveOptions: { extensions: [".ts", ".js", ".mjs", ".json"] },
  },
};
