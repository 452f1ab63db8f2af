import { InvalidArgumentError, Option } from "commander";

/** The kinds of access that an image offers its users. */
export interface Access {
  readonly web: boolean;
  readonly console: boolean;
}

/** `--access web,console`: the declared access of the image, like `access` of a BenchImage. */
export function accessOption(): Option {
  return new Option("--access <kinds>", "what the image is declared to offer: web, console or both")
    .argParser(parseAccess)
    .default({ web: true, console: true }, "web,console");
}

/** Parses a list such as `web,console`. Throws the error that commander shows with the option. */
export function parseAccess(text: string): Access {
  const kinds = text.split(",").map((kind) => kind.trim());
  const strange = kinds.find((kind) => kind !== "web" && kind !== "console");
  if (strange !== undefined) {
    throw new InvalidArgumentError(`"${strange}" is not a kind of access. Write web, console or web,console.`);
  }
  return { web: kinds.includes("web"), console: kinds.includes("console") };
}
