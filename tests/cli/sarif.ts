import { strict as assert } from "node:assert";
import Ajv from "ajv";
import { z } from "zod";
import { sarifSchema } from "./sarif-schema";

const sarif = z.object({
  runs: z.tuple([
    z.object({
      tool: z.object({ driver: z.object({ rules: z.array(z.object({ id: z.string() })) }) }),
      results: z.array(
        z.object({
          ruleId: z.string(),
          ruleIndex: z.number(),
          level: z.string(),
          locations: z.tuple([
            z.object({
              physicalLocation: z.object({
                artifactLocation: z.object({ uri: z.string(), uriBaseId: z.string().optional() }),
                region: z.object({ startLine: z.number(), startColumn: z.number() }),
              }),
            }),
          ]),
        }),
      ),
    }),
  ]),
});

const isSarif = new Ajv({ allErrors: true }).compile(sarifSchema);

/** Parses a SARIF log, and fails when it does not have the form that the standard requires. Returns its run. */
export function assertSarif(text: string): z.infer<typeof sarif>["runs"][0] {
  const log: unknown = JSON.parse(text);
  assert.ok(isSarif(log), JSON.stringify(isSarif.errors));
  return sarif.parse(log).runs[0];
}
