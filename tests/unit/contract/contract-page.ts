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

Bench starts an image under its own rules, and says little when an image breaks one. The provider checks each rule here before it uploads an image: in the
Dockerfile, during the preview; in the built image, without running it; and with \`verify: "run"\`, in a trial of the image.

- An **error** always makes the image fail. In the Dockerfile it fails the preview; in the image or its trial it ends \`pulumi up\` before the upload.
- A **warning** is unwise, or may fail: a secret in ENV works but leaks; an image of 30 GB works but is slow.
- A **note** (ICA026, only in \`ica-bench lint\`) covers what a Dockerfile does not show: its base image, or a step such as \`make install\`, may provide the user or
  the start script. The provider checks the image after the build; \`ica-bench lint --build\` does so at once. An uncertain finding in a Dockerfile is never an error.
- \`verify: "none"\` publishes the image without these checks.
- "practice" as a source means that no page of the vendor states the rule.

Only the stage that is built counts (\`build.target\`, else the last one), together with the earlier stages that it is based on. The checks read the files that \`COPY\` names from the
context, and apply \`.dockerignore\`. A name looks like a secret (ICA017) if it contains PASSWORD, PASSPHRASE, TOKEN, SECRET, CREDENTIAL or API_KEY, or ends in _KEY. A value that is
empty, a switch, a number, a path or an address is not a secret. No message contains the value. This page is made from the table that drives the checks (\`provider/contract/rules.ts\`).

## The trial

\`verify: "run"\` starts the image in the local Docker, after the build and the checks of the image and before the upload. It uses the runtime of the emulator's workspaces:

| check | how | code |
|---|---|---|
| ica_start.sh stays alive | as 1000:100 under Bench's rules, for at least 5 s and until the servers have answered | ICA022 |
| 8888 answers, if \`access.web\` | HTTP under the documented path, within 60 s; 404 and 5xx do not count as answers | ICA011 |
| 2222 answers, if \`access.console\` | a login over SSH with the workspace's key, as the user with UID 1000, within 60 s | ICA021 |
| nothing is written outside of /data and /tmp | see below | ICA013 |
| it ends within 30 s of TERM | TERM to the main process, KILL after 30 s | ICA023 |

One run cannot show every write, because a program may ignore a refusal silently. So the image runs twice at the same time. The first workspace has Bench's read-only root file system,
and its log shows refused writes ("Read-only file system"). The second one has a writable root file system. The files that differ in it after TERM (\`docker diff\`, without mounts) are
those that the image writes silently. Python's \`__pycache__\` does not count, because Python works without it. The trial cannot detect a silent attempt in a folder of root,
which fails in any Docker, or in a VOLUME of the image, which Docker makes writable and Bench does not. Therefore a VOLUME is a warning.

A trial takes the time of one start and one stop: some seconds for a small image, up to 100 s for one that neither answers nor stops. It needs twice the image's memory, and a Docker
engine on the same machine. It does not use a restricted network. It is skipped if ICA already has the image or its archive. The provider removes the trial's containers, networks and
volumes, also after a failure and when the engine has ended. After a killed process, the next trial or \`ica-bench run\` removes them. The error contains the last lines of the
log, with the workspace's key blanked; that key opens nothing.

## The rules

| code | rule | checked in |
|---|---|---|
${overview.join("\n")}

${sections.join("\n")}`;
}
