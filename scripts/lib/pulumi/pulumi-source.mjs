import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { find, run, tail } from "../process.mjs";
import { begin } from "../progress.mjs";

const commandPackage = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";

function goModule(version) {
  // Names both versions, because Go would otherwise choose a newer sdk, which lacks packages that this pkg needs.
  return [
    "module pulumi-ica.invalid/pulumi",
    "require (",
    `\tgithub.com/pulumi/pulumi/pkg/v3 ${version}`,
    `\tgithub.com/pulumi/pulumi/sdk/v3 ${version}`,
    ")",
    "",
  ].join("\n");
}

/**
 * Builds the pulumi command from its Go modules into `folder`. `go install …@version` refuses it (its go.mod has
 * replace directives), so a module of our own requires it as a tool. Needs Go 1.24 or newer; takes about five minutes.
 *
 * @returns {Promise<string | undefined>} why it failed, or undefined when `folder/pulumi` exists
 */
export async function buildPulumi(version, folder) {
  const go = find("go", ["/usr/local/go/bin", "/usr/lib/go/bin", "/opt/homebrew/bin"]);
  if (!go) return "Go is not installed";
  begin("pulumi", `building ${version} from its Go modules (about five minutes, only this once)`);
  mkdirSync(folder, { recursive: true });
  // In the target folder, so that the finished program moves into place in one step and no process sees an incomplete
  // one.
  const workshop = mkdtempSync(join(folder, "building-"));
  try {
    writeFileSync(join(workshop, "go.mod"), goModule(version));
    const env = { ...process.env, GOFLAGS: "-mod=mod -buildvcs=false", GOWORK: "off", CGO_ENABLED: "0" };
    const link = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`;
    for (const args of [
      ["get", "-tool", `${commandPackage}@${version}`],
      ["build", "-ldflags", link, "-o", "pulumi", commandPackage],
    ]) {
      const { code, output } = await run(go, args, { cwd: workshop, env });
      if (code !== 0) return `\`go ${args[0]}\` ended with code ${code}:\n${tail(output, 8)}`;
    }
    renameSync(join(workshop, "pulumi"), join(folder, "pulumi"));
    return undefined;
  } finally {
    rmSync(workshop, { recursive: true, force: true });
  }
}
