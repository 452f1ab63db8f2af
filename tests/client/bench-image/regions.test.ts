import assert from "node:assert/strict";
import { benchImageHandler as handler } from "../../../provider/bench-image/handler";
import type { BenchImageInputs } from "../../../provider/bench-image/inputs";
import { stateOf } from "../../../provider/bench-image/state";
import { unknownValue } from "../../../provider/inputs/unknown";
import { contextFor } from "../../support/context";
import { eachBuild, type ScriptedBuild } from "../../support/each/each-build";
import { dockerImage } from "../../support/factories";
import { checkedImage } from "../../support/known";
import { ImageServer } from "../../support/servers/image-server";
import { problem } from "../../support/servers/scripted-server";

describe("the declared regions of an image", () => {
  let server: ScriptedBuild["server"];
  let ica: ScriptedBuild["ica"];
  let context: ScriptedBuild["context"];
  let folder: ScriptedBuild["folder"];

  eachBuild((scripted) => {
    ({ server, ica, context, folder } = scripted);
  });

  const check = (regions: unknown, old?: BenchImageInputs) =>
    checkedImage(
      context,
      { name: "rstudio", build: { context: folder }, access: { web: true }, verify: "none", regions },
      old,
    );

  it("are refused in preview when the tenant does not have them, each at its place, with those it has", async () => {
    const { failures } = await check(["use1", "xyz", "euc1", "abc"]);
    assert.deepEqual(failures, [
      { property: "regions[1]", reason: 'region "xyz" is not one of this tenant\'s: use1, euc1' },
      { property: "regions[3]", reason: 'region "abc" is not one of this tenant\'s: use1, euc1' },
    ]);
  });

  it("are refused at `regions` when the stack's configuration names them", async () => {
    context = contextFor(server.baseUrl, { region: "xyz", from: { region: "ICA_REGION in the environment" } });
    const { failures } = await check(undefined);
    assert.deepEqual(failures, [
      {
        property: "regions",
        reason: 'region "xyz" is not one of this tenant\'s: use1, euc1. The region is ICA_REGION in the environment',
      },
    ]);
  });

  it("are accepted with a warning when ICA does not give its list", async () => {
    server.on("GET", "/api/regions", problem(403, "Not for you"));
    const { inputs, failures } = await check(["xyz"]);
    assert.deepEqual(failures, []);
    assert.deepEqual(inputs.regions, ["xyz"]);
    assert.match(
      context.log.warnings.join(),
      /regions could not be checked: GET \/api\/regions was refused.*Not for you/,
    );
  });

  it("are accepted while they are not known yet", async () => {
    assert.deepEqual((await check([unknownValue])).failures, []);
    assert.equal(server.count("GET", "/api/regions"), 0);
  });

  for (const [what, again] of [
    ["in another order", ["use1", "euc1"]],
    ["one of them twice", ["euc1", "use1", "euc1"]],
    ["in upper case", ["EUC1", "use1"]],
    ["by UUID", ["region-1", "region-2"]],
    ["by code and by UUID", ["region-1", "euc1", "use1"]],
  ] as const) {
    it(`are no change when they are written ${what}`, async () => {
      const { inputs } = await check(["euc1", "use1"]);
      const next = await check(again, inputs);
      assert.deepEqual(next, { inputs, failures: [] });
      const change = await handler.diff(context, "image-1", stateOf(dockerImage(), inputs, {}), next.inputs);
      assert.deepEqual(change, { kind: "unchanged" });
    });
  }

  it("are a change when one comes or goes", async () => {
    const { inputs } = await check(["use1"]);
    assert.deepEqual((await check(["use1", "euc1"], inputs)).inputs.regions, ["euc1", "use1"]);
    assert.deepEqual((await check(["euc1"], inputs)).inputs.regions, ["euc1"]);
    assert.equal((await check(undefined, inputs)).inputs.regions, undefined);
  });

  it("are stored once each, also when two names mean one region", async () => {
    assert.deepEqual((await check(["use1", "region-1"])).inputs.regions, ["region-1"]);
  });

  it("are asked for once a session, and not at all while nothing changes", async () => {
    const { inputs } = await check(["use1"]);
    await check(["use1"], inputs);
    await check(["euc1"], inputs);
    assert.equal(server.count("GET", "/api/regions"), 1);
    context = contextFor(server.baseUrl);
    await check(["use1"], inputs);
    assert.equal(server.count("GET", "/api/regions"), 1);
  });

  it("are asked for again after the first answer was none", async () => {
    server.on("GET", "/api/regions", problem(403, "Not yet"));
    await check(["use1"]);
    new ImageServer(server);
    assert.equal((await check(["xyz"])).failures.length, 1);
  });

  it("need no call when the published image is in them", async () => {
    const { inputs } = await check(["use1"]);
    ica.has({ version: inputs.version });
    context = contextFor(server.baseUrl);
    server.seen.length = 0;
    assert.deepEqual(await check(["USE1"]), { inputs: { ...inputs, regions: ["USE1"] }, failures: [] });
    assert.deepEqual(
      (await check(["xyz"])).failures.map(({ property }) => property),
      ["regions[0]"],
    );
    assert.equal(server.count("GET", "/api/regions"), 1, "only for the region that the image is not in");
  });
});
