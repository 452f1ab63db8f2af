import { createHash } from "node:crypto";
import type { ImageInfo } from "./image-info";

/**
 * SHA-256, in hex, of an image's content: its platform, configuration and plain layers. It is the same in every engine and
 * image store. The engine's id is not: in the containerd image store, the default of new engines, it is the id of a
 * manifest, or of a list with the build record. So it differs after every build even if nothing changed.
 */
export function imageContentHash(info: ImageInfo): string {
  const { Os, Architecture, Config, RootFS } = info;
  return createHash("sha256")
    .update(canonical({ format: "ica-bench-image-v1", Os, Architecture, Config, Layers: RootFS.Layers }))
    .digest("hex");
}

/** JSON with sorted keys and without undefined values. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
