import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { openapiPath } from "../../emulator/http/openapi";
import { problemDetail, TestEmulator } from "../emulator/support";

/** The vendor's document is not part of this repository. */
const official =
  process.env.ICA_OPENAPI ?? path.resolve(__dirname, "..", "..", "..", "shared", "ica-openapi", "openapi_public.yaml");
const absent = existsSync(official)
  ? undefined
  : `${path.basename(official)} is not there: set ICA_OPENAPI to its path`;

const METHODS = ["get", "put", "post", "delete", "patch"] as const;
const document = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) });

function callsOf(json: unknown): string[] {
  return Object.entries(document.parse(json).paths).flatMap(([place, item]) =>
    METHODS.filter((method) => method in item).map((method) => `${method.toUpperCase()} ${place}`),
  );
}

describe(`official calls that the emulator does not serve${absent === undefined ? "" : ` (skipped: ${absent})`}`, function () {
  this.timeout(60_000);
  let ica: TestEmulator;
  before(async function () {
    if (absent !== undefined) {
      this.skip();
    }
    ica = await TestEmulator.start({ containers: false });
  });
  after(() => ica?.close());

  it("are each answered with one clear 404", async () => {
    const served = new Set(callsOf(await (await fetch(ica.emulator.url + openapiPath)).json()));
    const calls = callsOf(parse(readFileSync(official, "utf8"), { maxAliasCount: -1 }));
    const others = calls.filter((call) => !served.has(call));
    assert.ok(others.length > 200, `only ${others.length} of ${calls.length} calls are not served`);
    const otherwise: string[] = [];
    for (const call of others) {
      const [method = "", place = ""] = call.split(" ");
      const address = place
        .replaceAll("{projectId}", ica.emulator.projectId)
        .replace(/\{\w+\}/g, "fil.0123456789abcdef0123456789abcdef");
      const answer = await ica.call(method, address, method === "GET" ? {} : { body: {} });
      const detail = problemDetail(answer, 404);
      if (!detail.startsWith(`There is no ${method} /ica/rest${address} here. The emulator serves`)) {
        otherwise.push(`${call}: ${detail}`);
      }
    }
    // Their last step is where other calls have an id, so it is taken for one.
    assert.deepEqual(otherwise, [
      "GET /api/projects/{projectId}/data/eligibleForLinking: There is no data eligibleForLinking in this project.",
      "GET /api/projects/{projectId}/data/nonSampleData: There is no data nonSampleData in this project.",
    ]);
  });
});
