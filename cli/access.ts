import { InvalidArgumentError, Option } from "commander";

/** What of an image is open to its users. */
export interface Access {
  readonly web: boolean;
  readonly console: boolean;
}

/** `--access web,console`: what the image is declared to offer, as `access` of a BenchImage. */
export function accessOption(): Option {
  return new Option("--access <kinds>", "what the image is declared to offer: web, console or both")
    .argParser(parseAccess)
    .default({ web: true, console: true }, "web,console");
}

/** Reads a list such as `web,console`. Throws what commander shows beside the option. */
export function parseAccess(text: string): Access {
  const kinds = text.split(",").map((kind) => kind.trim());
  const strange = kinds.find((kind) => kind !== "web" && kind !== "console");
  if (strange !== undefined) {
    throw new InvalidArgumentError(`"${strange}" is not a kind of access. Write web, console or web,console.`);
  }
  return { web: kinds.includes("web"), console: kinds.includes("console") };
}
