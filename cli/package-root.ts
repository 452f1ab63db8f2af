import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

/**
 * The folder of this package: the nearest parent folder with the OpenAPI documents. Works from the sources and from
 * dist.
 */
export function packageRoot(): string {
  for (let dir = __dirname; dir !== path.dirname(dir); dir = path.dirname(dir)) {
    if (existsSync(path.join(dir, "openapi", "ica.yaml"))) {
      return dir;
    }
  }
  throw new Error("openapi/ica.yaml is missing. Install pulumi-ica again.");
}

/** The version in package.json. */
export function packageVersion(): string {
  const file = path.join(packageRoot(), "package.json");
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).version;
}
