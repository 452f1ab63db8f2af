import type { CheckFailure } from "../handler";
import { unknownValue } from "../inputs/unknown";
import type { DeclaredImage } from "./inputs";

/**
 * The declaration without the values that a check has refused, so that the rest is judged in the same preview: the folder, the
 * Dockerfile, the regions. A refused field counts as not known yet, a refused option of the build as left out.
 */
export function judgeable<T extends DeclaredImage>(declared: T, failures: readonly CheckFailure[]): T {
  let left = declared;
  for (const { property } of failures) {
    const [field = "", option] = property.split(/[.[]/, 2);
    left = field === "build" && option !== undefined ? withoutOption(left, option) : { ...left, [field]: unknownValue };
  }
  return left;
}

function withoutOption<T extends DeclaredImage>(declared: T, option: string): T {
  const { build } = declared;
  if (typeof build !== "object" || ["context", "dockerfile"].includes(option))
    return { ...declared, build: unknownValue };
  const others = Object.entries(build).filter(([key]) => key !== option && key !== "context");
  // What a stage is and does follows from these: without them nothing sure can be said of the Dockerfile.
  const decides = ["args", "target"].includes(option);
  return {
    ...declared,
    build: { context: build.context, ...Object.fromEntries(others) },
    ...(decides ? { verify: "none" } : {}),
  };
}
