import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { functions } from "./functions";
import { resources } from "./resources";
import { configuration } from "./settings";
import { Source } from "./source";
import { Types } from "./types";

const root = path.join(__dirname, "../..");

const manifest = z
  .object({
    name: z.string(),
    version: z.string(),
    description: z.string(),
    license: z.string(),
    author: z.string(),
    homepage: z.string(),
    keywords: z.array(z.string()),
    repository: z.object({ url: z.string().regex(/^git\+https:\/\/github\.com\/.+\.git$/) }),
  })
  .parse(JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")));

/** The owner and the name of the repository on GitHub. */
const onGithub = manifest.repository.url.replace(/^git\+https:\/\/github\.com\/|\.git$/g, "");
const repository = `https://github.com/${onGithub}`;

/** The plugin's schema, as provider/plugin/schema.json has it. */
export function schemaJson(): string {
  const sdk = new Source(sdkFiles());
  const types = new Types(sdk);
  const all = resources(sdk, types);
  const [image, workspace] = ["BenchImage", "Workspace"].map((name) => all[`ica:index:${name}`]?.properties ?? {});
  const lookups = functions(sdk, types, image ?? {}, workspace ?? {});
  const { variables, inputs } = configuration(root);
  const schema = {
    ...packageFacts(),
    config: { variables },
    types: types.named,
    provider: {
      description: "A connection to ICA: its key and its address, and what resources use that declare no other.",
      type: "object",
      inputProperties: inputs,
    },
    resources: all,
    functions: lookups,
  };
  return `${linked(JSON.stringify(schema, undefined, 2))}\n`;
}

function sdkFiles(): string[] {
  const folder = path.join(root, "sdk");
  return readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => path.join(folder, file));
}

function packageFacts() {
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
    // The Go SDK becomes a module of its own.
    meta: { supportPack: true },
    language: {
      // The SDK for Node.js is written by hand: sdk/.
      nodejs: { packageName: manifest.name, respectSchemaVersion: true },
      python: {
        packageName: manifest.name.replaceAll("-", "_"),
        requires: { pulumi: ">=3.200.0,<4.0.0" },
        pyproject: { enabled: true },
        respectSchemaVersion: true,
      },
      go: { importBasePath: `github.com/${onGithub}/sdk/go/ica`, respectSchemaVersion: true },
    },
  };
}

/** Makes links of the pages of docs/ that comments name: an SDK of another language is read elsewhere. */
function linked(json: string): string {
  return json.replace(/\bdocs\/[\w-]+\.md\b/g, (page) => `[${page}](${repository}/blob/main/${page})`);
}
