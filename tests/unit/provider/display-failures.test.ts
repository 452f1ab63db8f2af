import assert from "node:assert/strict";
import fc from "fast-check";
import { checkDeclared } from "../../../provider/bench-image/inputs";
import { displayFailures } from "../../../provider/inputs/display-failures";
import { checkWorkspace } from "../../../provider/workspace/inputs";
import { configFor } from "../../support/context";

const config = configFor("http://127.0.0.1:1");
const secret = "hunter2";

const ofWorkspace = (args: Record<string, unknown>) => {
  const whole = {
    name: "n",
    image: "i",
    resourceModel: "m",
    storageGb: 10,
    access: { web: true },
    network: "public",
    ...args,
  };
  return displayFailures(checkWorkspace(config, whole).failures, whole);
};
const ofImage = (args: Record<string, unknown>) => {
  const whole = { name: "n", build: { context: "." }, access: { web: true }, ...args };
  return displayFailures(checkDeclared(config, whole).failures, whole);
};

describe("a failure as the engine shows it", () => {
  it("is at the field, with path and given value in its text", () => {
    assert.deepEqual(ofWorkspace({ access: { web: "yes" }, storageGb: 5, network: "open" }), [
      { property: "storageGb", reason: "must be at least 10; it is 5" },
      { property: "access", reason: 'access.web: must be true or false; it is "yes"' },
      { property: "network", reason: 'must be "public" or "restricted"; it is "open"' },
    ]);
    assert.deepEqual(ofWorkspace({ timeouts: { create: "soon" } }), [
      {
        property: "timeouts",
        reason: 'timeouts.create: must be a length of time such as 90s, 45m or 1h30m; it is "soon"',
      },
    ]);
  });

  it("names the right argument, and the setting of that name, and shows no value", () => {
    assert.deepEqual(ofWorkspace({ region: "mars", apiKey: secret, desiredStat: "running" }), [
      {
        property: "",
        reason:
          "region: is not a property of this resource, but a setting of the stack for all images (pulumi config set ica:region)",
      },
      {
        property: "",
        reason:
          "apiKey: is not a property of this resource, but a setting of the stack (pulumi config set --secret ica:apiKey)",
      },
      { property: "", reason: "desiredStat: is not a property of this resource; did you mean desiredState?" },
    ]);
    assert.deepEqual(ofImage({ region: "mars" }), [
      {
        property: "",
        reason:
          "region: is not a property of this resource, but a setting of the stack for all images (pulumi config set ica:region); here it is regions",
      },
    ]);
    assert.deepEqual(ofWorkspace({ cluster: { members: 1, managerweb: true } }), [
      { property: "", reason: "cluster.managerweb: is not a property of this resource; did you mean managerWeb?" },
    ]);
  });

  /** Everything that may be given where a program has a secret; the field is one that may hold it. */
  const places: [string, (value: unknown) => ReturnType<typeof ofImage>][] = [
    ...["name", "image", "resourceModel", "projectId", "existingId", "allowedUrls", "other"].map(
      (field): [string, (value: unknown) => ReturnType<typeof ofImage>] => [
        field,
        (value) => ofWorkspace({ [field]: value }),
      ],
    ),
    ...["name", "version", "description", "image", "projectId", "folder", "regions", "build", "other"].map(
      (field): [string, (value: unknown) => ReturnType<typeof ofImage>] => [
        field,
        (value) => ofImage({ [field]: value }),
      ],
    ),
    ...[
      "context",
      "dockerfile",
      "args",
      "target",
      "secrets",
      "ssh",
      "labels",
      "cacheFrom",
      "cacheTo",
      "builder",
      "triggers",
      "other",
    ].map((option): [string, (value: unknown) => ReturnType<typeof ofImage>] => [
      `build.${option}`,
      (value) => ofImage({ build: { context: ".", [option]: value } }),
    ]),
  ];

  it("never shows what may be a secret, neither in its text nor in its path", () => {
    const values = fc.constantFrom<unknown>(
      ...[
        ` ${secret}`,
        `${secret}\n`,
        [`${secret} x`],
        { key: `${secret}\0` },
        { a: [secret] },
        [{ b: secret }],
        { env: secret, file: secret },
      ],
      ...[{ token: secret }, { "a b": secret }, [`token=${secret}`], [`ftp://${secret}@h`]],
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), values, ([, put], value) => {
        for (const { property, reason } of put(value)) {
          assert.equal(property, "", reason);
          assert.ok(!reason.includes(secret), reason);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
