import type { CheckFailure } from "../handler";
import { type MaybeWithin, unknownValue } from "../inputs/unknown";
import type { DeclaredImage } from "./inputs";

type Declared = MaybeWithin<DeclaredImage & { projectId: string }>;

/**
 * The declaration without the refused values, so that the same preview checks the rest: the folder, the Dockerfile, the
 * regions. A refused field becomes unknown; a refused build option is left out.
 */
export function judgeable(declared: Declared, failures: readonly CheckFailure[]): Declared {
  let left = declared;
  for (const { property } of failures) {
    const [field = "", option] = property.split(/[.[]/, 2);
    left = field === "build" && option !== undefined ? withoutOption(left, option) : { ...left, [field]: unknownValue };
  }
  return left;
}

function withoutOption(declared: Declared, option: string): Declared {
  const { build } = declared;
  if (typeof build !== "object" || ["context", "dockerfile"].includes(option)) {
    return { ...declared, build: unknownValue };
  }
  const others = Object.entries(build).filter(([key]) => key !== option && key !== "context");
  // The stages depend on these. Without them, nothing about the Dockerfile is certain.
  const decides = ["args", "target"].includes(option);
  return {
    ...declared,
    build: { context: build.context, ...Object.fromEntries(others) },
    ...(decides ? { verify: "none" } : {}),
  };
}
