import { type HashedBuild, readContents } from "../../../provider/build-context/hash";
import { type Made, makeContext, removeContext } from "../../support/context-folder";

export const contextManifest = async (build: HashedBuild) => (await readContents(build)).records;

/** The paths that records name, in their order. */
export function pathsOf(records: readonly string[]): string[] {
  return records.flatMap((record) => /^(?:file . \S+|link \S+) (.*)$/s.exec(record)?.[1] ?? []);
}

/** Returns a function that makes contexts. They are removed after the test that made them. */
export function eachContext(): (files: Readonly<Record<string, Made>>) => Promise<string> {
  const folders: string[] = [];
  afterEach(async () => {
    for (const folder of folders.splice(0)) {
      await removeContext(folder);
    }
  });
  return async (files) => {
    const folder = await makeContext(files);
    folders.push(folder);
    return folder;
  };
}

/** A small context with a text, a script in a folder and a link. */
export const smallContext: Record<string, Made> = {
  Dockerfile: "FROM scratch\nCOPY . /\n",
  "a/run.sh": { text: "#!/bin/sh\n", executable: true },
  "a/b/data": "data",
  link: { link: "a/b/data" },
};
