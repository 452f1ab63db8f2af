import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

/** The nearest parent folder with the OpenAPI documents. Works from the sources and from dist. */
export function openapiFolder(): string {
  return path.join(nearest(path.join("openapi", "ica.yaml")), "openapi");
}

/** The version in package.json. */
export function packageVersion(): string {
  const file = path.join(nearest("package.json"), "package.json");
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, "utf8"))).version;
}

/** The nearest parent folder of this file that contains `file`. */
function nearest(file: string): string {
  for (let dir = __dirname; dir !== path.dirname(dir); dir = path.dirname(dir)) {
    if (existsSync(path.join(dir, file))) {
      return dir;
    }
  }
  throw new Error(`${file} is missing. Install pulumi-ica-emulator again.`);
}
