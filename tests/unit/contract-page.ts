import { type Rule, rules } from "../../provider/bench-image/contract/rules.js";

/** Renders docs/image-contract.md from the table of rules. */
export function contractPage(): string {
  const table: readonly [string, Rule][] = Object.entries(rules);
  const overview = table.map(
    ([code, { title, checked }]) => `| [${code}](#${code.toLowerCase()}) | ${title} | ${checked.join(", ")} |`,
  );
  const sections = table.map(
    ([code, { title, reason, source, fix }]) =>
      `## ${code}\n\n**${title}.** ${reason}\n\n- What to do: ${fix}\n- Source: ${source}\n`,
  );
  return `# The contract of bench images

Bench starts an image under rules of its own, and says little when one of them is broken. Each rule here is looked at before an image is uploaded: in the preview in the
Dockerfile, and after the build in the image itself, of which nothing is run.

- An **error** is sure to fail. In the Dockerfile it fails the preview, in the image it ends \`pulumi up\` before the upload.
- A **warning** is what cannot be seen from there: a Dockerfile that starts from an image of your own may get its user or its start script from it. The image is looked at after the build.
- \`verify: "none"\` publishes the image whatever the checks would say.

Only the stage that is built counts (\`build.target\`, else the last one), with the earlier stages that it is based on. Files that \`COPY\` names are looked up in the context, by the
rules of \`.dockerignore\`. This page is made from the table that drives the checks (\`provider/bench-image/contract/rules.ts\`).

| code | rule | looked at in |
|---|---|---|
${overview.join("\n")}

${sections.join("\n")}`;
}
