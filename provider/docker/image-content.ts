import { createHash } from "node:crypto";
import type { ImageInfo } from "./image-info";

/**
 * SHA-256, in hex, of what an image is: its platform, its configuration and its plain layers. The same image has the same one in
 * every engine and image store. Not the engine's id: the containerd image store, the default of new engines, gives that of a
 * manifest, or of a list with the record of how it was built, and so another one for each build although nothing changed.
 */
export function imageContentHash(info: ImageInfo): string {
  const { Os, Architecture, Config, RootFS } = info;
  return createHash("sha256")
    .update(canonical({ format: "ica-bench-image-v1", Os, Architecture, Config, Layers: RootFS.Layers }))
    .digest("hex");
}

/** JSON whose keys are in order, without what is not there. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
