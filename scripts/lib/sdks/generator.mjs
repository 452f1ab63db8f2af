import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, root } from "../paths.mjs";
import { findGo, isExecutable, run, tail } from "../process.mjs";

const folder = join(root, "scripts/lib/sdks");
const sources = ["go.mod", "go.sum", "main.go"];

/**
 * Provides the program that writes the SDKs, built from main.go and Pulumi's modules. Takes half a minute where set-up has
 * built Pulumi, else minutes.
 *
 * @param {{ offline?: boolean }} [options] `offline`: build only with modules that are on this machine
 * @returns {Promise<{ program: string } | { why: string }>} the program, or why there is none
 */
export async function sdkGenerator({ offline = false } = {}) {
  const hash = createHash("sha256");
  for (const file of sources) hash.update(readFileSync(join(folder, file)));
  const built = join(cacheFolder, `sdk-generator-${hash.digest("hex").slice(0, 12)}`);
  const program = join(built, "sdk-generator");
  if (isExecutable(program)) return { program };
  const go = findGo();
  if (!go) return { why: "Go is not installed (https://go.dev/dl/)" };
  mkdirSync(built, { recursive: true });
  const workshop = mkdtempSync(join(built, "building-"));
  try {
    for (const file of sources) copyFileSync(join(folder, file), join(workshop, file));
    const { code, output } = await run(go, ["build", "-ldflags", "-s -w", "-o", "sdk-generator", "."], {
      cwd: workshop,
      // A test must not wait for it when nothing of it was compiled before.
      ...(offline ? { timeout: 240_000 } : {}),
      env: {
        ...process.env,
        GOFLAGS: "-mod=readonly -buildvcs=false",
        GOWORK: "off",
        CGO_ENABLED: "0",
        ...(offline ? { GOPROXY: "off" } : {}),
      },
    });
    if (code !== 0) return { why: `\`go build\` of scripts/lib/sdks ended with code ${code}:\n${tail(output, 4)}` };
    renameSync(join(workshop, "sdk-generator"), program);
    return { program };
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
