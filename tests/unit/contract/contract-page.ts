import { type Rule, rules } from "../../../provider/contract/rules";

/** Renders docs/image-contract.md from the table of rules. */
export function contractPage(): string {
  const table: readonly [string, Rule][] = Object.entries(rules);
  const overview = table.map(
    ([code, { title, checked }]) => `| [${code}](#${code.toLowerCase()}) | ${title} | ${checked.join(", ")} |`,
  );
  const sections = table.map(
    ([code, { title, reason, source, fix }]) =>
      `### ${code}\n\n**${title}.** ${reason}\n\n- What to do: ${fix}\n- Source: ${source}\n`,
  );
  return `# The contract of bench images

Bench starts an image under rules of its own, and says little when one of them is broken. Each rule here is looked at before an image is uploaded: in the preview in the
Dockerfile; after the build in the image itself, of which nothing is run; and with \`verify: "run"\` in a trial of the image.

- An **error** is sure to fail. In the Dockerfile it fails the preview, in the image or its trial it ends \`pulumi up\` before the upload.
- A **warning** is what is unwise, or may fail: a secret in ENV leaks, and runs; so does an image of 30 GB.
- A **note** (ICA026, only of \`ica-bench lint\`) is what a Dockerfile does not show: it may get its user or its start script from its base image, or from a step such as
  \`make install\`. The image is looked at after the build; \`ica-bench lint --build\` does so at once. What a Dockerfile does not show for sure is never an error there.
- \`verify: "none"\` publishes the image without these checks.
- "practice" as a source means that no page of the vendor says so.

Only the stage that is built counts (\`build.target\`, else the last one), with the earlier stages that it is based on. Files that \`COPY\` names are looked up in the context, by the
rules of \`.dockerignore\`. A name looks like a secret (ICA017) if PASSWORD, PASSPHRASE, TOKEN, SECRET, CREDENTIAL or API_KEY is in it, or _KEY at its end; a value that is empty, a
switch, a number, a path or an address is none. The value itself is never told. This page is made from the table that drives the checks (\`provider/contract/rules.ts\`).

## The trial

\`verify: "run"\` starts the image in the local Docker after it was built and looked at, and before anything is uploaded, with the runtime of the emulator's workspaces:

| looked at | how | code |
|---|---|---|
| ica_start.sh stays alive | as 1000:100 under Bench's rules, for 5 s at least and until the servers have answered | ICA022 |
| 8888 answers, if \`access.web\` | HTTP under the documented path, within 60 s; 404 and 5xx are no answer | ICA011 |
| 2222 answers, if \`access.console\` | a login over SSH with the workspace's key, as the user with UID 1000, within 60 s | ICA021 |
| nothing is written outside of /data and /tmp | see below | ICA013 |
| it ends within 30 s of TERM | TERM to the main process, KILL after 30 s | ICA023 |

Which writes are tried shows nowhere in one run: a program that is refused may say nothing. So the image runs twice at the same time. One workspace has Bench's read-only root; what was
refused there is read in the log ("Read-only file system"). The other one differs by a root file system that its user may write; what has changed in it after TERM
(\`docker diff\`, without mounts) is where the image writes without a word. Python's \`__pycache__\` does not count: Python does without it. A silent attempt in a folder of root's
stays unseen, as it fails in any Docker; and so does one in a VOLUME of the image, which Docker makes writable, and Bench does not: that is why a VOLUME is a warning.

The cost: no more time than one start and one stop (some seconds for a small image, up to 100 s for one that does not answer and does not stop), and the image's memory twice. The
trial is in no restricted network. It needs a Docker engine on the same machine. An image that is in ICA already, or whose archive is, is not tried out again. Containers, networks
and volumes are removed, also after a failure and when the engine is gone; what a killed process left, the next trial or \`ica-bench run\` removes. The last lines of the
log are part of the error, with the workspace's key blanked; that key opens nothing.

## The rules

| code | rule | looked at in |
|---|---|---|
${overview.join("\n")}

${sections.join("\n")}`;
}
