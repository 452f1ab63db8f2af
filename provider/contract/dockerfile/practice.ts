import { type Finding, finding } from "../finding";
import { baseOf } from "./base-images";
import { isAddress } from "./sources";
import type { Plan, Step } from "./stages";
import type { Word } from "./variables";

/** Reports what works, or seems to, but causes trouble later. All findings are warnings. */
export function checkPractice({ base, froms, steps }: Plan): Finding[] {
  return [
    ...checkBase(base, froms[0]?.line),
    ...steps.filter(({ keyword }) => keyword === "EXPOSE").flatMap(checkExpose),
    ...steps.filter(({ keyword }) => keyword === "ADD").flatMap(checkAdd),
    ...checkSecrets(steps),
  ];
}

function checkBase(image: Word, line: number | undefined): Finding[] {
  if (image === undefined || image === "" || image === "scratch" || baseOf(image).tag !== "latest") {
    return [];
  }
  const why = image.endsWith(":latest")
    ? `can be another image at each build: ${image} is a moving name`
    : "has no tag, so it is the latest there is";
  return [finding("ICA015", "warning", `the base image ${image.replace(/:latest$/, "")} ${why}`, line)];
}

const openPorts = new Set(["8888", "8888/tcp", "2222", "2222/tcp"]);

function checkExpose({ line, words }: Step): Finding[] {
  const closed = words.filter((port) => port !== undefined).filter((port) => !openPorts.has(port.toLowerCase()));
  if (closed.length === 0) {
    return [];
  }
  return [finding("ICA014", "warning", `Bench does not open the exposed port ${closed.join(", ")}`, line)];
}

function checkAdd({ line, words, flags }: Step): Finding[] {
  if (flags.has("checksum")) {
    return [];
  }
  return words
    .slice(0, -1)
    .filter((source) => source !== undefined)
    .filter((source) => isAddress(source) && !/#[0-9a-f]{40}(?::|$)/.test(source))
    .map((source) =>
      finding("ICA016", "warning", `ADD fetches ${withoutLogin(source)}, which can change between builds`, line),
    );
}

/** A URL may contain a password, which must not appear in a log. */
function withoutLogin(address: string): string {
  return address.replace(/\/\/[^/@]*@/, "//").replace(/\?.*/s, "?…");
}

/** One finding for each name, at the first place that gives it a value. */
function checkSecrets(steps: readonly Step[]): Finding[] {
  const told = new Set<string>();
  return steps.flatMap(({ line, keyword, sets }) =>
    sets.flatMap(([name, value]) => {
      if (told.has(name) || !isSecret(name, value)) {
        return [];
      }
      told.add(name);
      return [secretFinding(`${keyword} ${name}`, line)];
    }),
  );
}

/** A secret in the image's own environment; the message never contains the value. */
export function secretFinding(what: string, line?: number): Finding {
  return finding("ICA017", "warning", `${what} looks like a secret, and its value stays in the image`, line);
}

/**
 * Whether a variable looks like a secret by its name and could be one by its value. Empty values, switches, numbers, paths
 * and URLs are not secrets. Neither are public keys, such as GPG_KEY in the Python image.
 */
export function isSecret(name: string, value: Word): boolean {
  if (value === undefined || !/PASSW(?:OR)?D|PASSPHRASE|TOKEN(?!I[ZS])|SECRET|CREDENTIAL|API_?KEY|_KEY$/i.test(name)) {
    return false;
  }
  if (/PUBLIC|PUBKEY|^GPG_KEY|_(?:FILE|PATH|DIR|URL|URI|ID|NAME|HOST|TTL|LENGTH|LIMIT|TIMEOUT)$/i.test(name)) {
    return false;
  }
  return !/^(?:|true|false|yes|no|on|off|none|null|\d+|~?\.{0,2}\/.*|[a-z]+:\/\/[^@]*)$/is.test(value);
}
