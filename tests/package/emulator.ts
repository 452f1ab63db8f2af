import { z } from "zod";

/** Registers an image that needs no Docker: the emulator believes what is said of an external one. Returns its id. */
export async function externalImage(settings: Readonly<Record<string, string>>): Promise<string> {
  const { ICA_BASE_URL: base = "", ICA_API_KEY: key = "" } = settings;
  const at = base.endsWith("/ica/rest") ? base : `${base}/ica/rest`;
  const answer = await fetch(`${at}/api/dockerImages:createExternal`, {
    method: "POST",
    headers: {
      "X-API-Key": key,
      "Content-Type": "application/vnd.illumina.v4+json",
      Accept: "application/vnd.illumina.v4+json",
    },
    body: JSON.stringify({ name: "shared", version: "1", type: "BENCH", url: "registry.example/shared:1" }),
  });
  if (answer.status !== 201) throw new Error(`the emulator answered ${answer.status}: ${await answer.text()}`);
  return z.object({ id: z.string() }).parse(await answer.json()).id;
}
