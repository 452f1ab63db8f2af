import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { readRegularFile } from "../../provider/bytes/regular-file";

const largestFile = 1024 * 1024;
const project = z.object({ name: z.string().min(1) });

/**
 * The name of the Pulumi project in a folder; undefined when it has none. A digest that failed before the engine looked at a
 * resource has no URN that names the project, and its comment has to be that of the stack's other previews.
 */
export async function projectName(folder: string): Promise<string | undefined> {
  for (const file of ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"]) {
    const text = await readRegularFile(path.join(folder, file), largestFile).catch(() => undefined);
    const { success, data } = project.safeParse(text === undefined ? undefined : parsed(text.toString("utf8")));
    if (success) {
      return data.name;
    }
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
