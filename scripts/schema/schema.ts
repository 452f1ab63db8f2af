import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { functions } from "./functions";
import { resources } from "./resources";
import { SdkSource } from "./sdk-source";
import { configuration } from "./settings";
import { Types } from "./types";

const root = path.join(__dirname, "../..");

const manifest = z
  .object({
    version: z.string(),
    description: z.string(),
    license: z.string(),
    author: z.string(),
    homepage: z.string(),
    keywords: z.array(z.string()),
    repository: z.object({ url: z.string() }),
    peerDependencies: z.object({ "@pulumi/pulumi": z.string() }),
  })
  .parse(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")));

/** The plugin's schema as Pulumi reads it: what provider/plugin/schema.json holds. */
export function schemaJson(): string {
  const sdk = new SdkSource(path.join(root, "sdk"));
  const types = new Types(sdk);
  const all = resources(sdk, types);
  const lookups = functions(
    sdk,
    types,
    all["ica:index:BenchImage"]?.properties ?? {},
    all["ica:index:Workspace"]?.properties ?? {},
  );
  const { variables, inputs } = configuration(sdk);
  const schema = {
    ...head(),
    config: { variables },
    types: types.named,
    provider: {
      description: "The connection to ICA. Two of them reach two tenants, or one tenant with two keys.",
      type: "object",
      inputProperties: inputs,
    },
    resources: all,
    functions: lookups,
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** What package.json says of the package. */
function head() {
  const repository = manifest.repository.url.replace(/^git\+|\.git$/g, "");
  const onGithub = repository.replace("https://github.com/", "");
  return {
    name: "ica",
    displayName: "Illumina Connected Analytics (ICA) Bench",
    version: manifest.version,
    description: manifest.description,
    keywords: manifest.keywords,
    homepage: manifest.homepage,
    license: manifest.license,
    repository,
    pluginDownloadURL: `github://api.github.com/${onGithub}`,
    publisher: manifest.author,
    language: {
      nodejs: { packageName: "pulumi-ica", respectSchemaVersion: true },
      python: {
        packageName: "pulumi_ica",
        requires: { pulumi: ">=3.200.0,<4.0.0" },
        pyproject: { enabled: true },
        respectSchemaVersion: true,
      },
      go: {
        importBasePath: `github.com/${onGithub}/sdk/go/ica`,
        respectSchemaVersion: true,
        generateResourceContainerTypes: false,
      },
    },
  };
}
