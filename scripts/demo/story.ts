import { existsSync } from "node:fs";
import path from "node:path";
import { command } from "../../tests/support/programs/command";
import { overSsh } from "../../tests/support/programs/ssh";
import { isWrite } from "../../tests/support/servers/recording-proxy";
import { Narrator } from "./narrator";
import { reviewOfAChange } from "./pull-request";
import { Pulumi } from "./pulumi";
import { startSites } from "./sites";
import { openStage, type Stage } from "./stage";

/** Takes the quickstart stack from nothing to nothing on the emulator, and proves every claim on the way. */

const keep = process.argv.includes("--keep");
const narrator = new Narrator();
const { show, claim } = { show: (text: string) => narrator.show(text), claim: narrator.claim.bind(narrator) };

async function tell(stage: Stage): Promise<void> {
  const pulumi = new Pulumi(stage.repository, stage.env, show);
  const workspaces = async () => {
    const response = await fetch(
      `${stage.exports.ICA_BASE_URL}/ica/rest/api/projects/${stage.exports.ICA_PROJECT_ID}/workspaces`,
      {
        headers: { "X-API-Key": stage.apiKey, Accept: "application/vnd.illumina.v4+json" },
      },
    );
    return ((await response.json()) as { items: { id: string; name: string; status: string }[] }).items;
  };
  const post = (path: string) =>
    fetch(`${stage.exports.ICA_BASE_URL}/ica/rest${path}`, {
      method: "POST",
      headers: { "X-API-Key": stage.apiKey, Accept: "application/problem+json" },
    });

  await narrator.step("pulumi preview: what would happen; nothing is built, uploaded or written", async () => {
    await pulumi.run("stack", "init", "demo");
    await pulumi.run("preview");
    claim(stage.calls.take().filter(isWrite).length === 0, "no write to ICA");
    claim(!(await stage.dockerCalls.take()).some(isWork), "no docker build, no docker save");
  });

  await narrator.step("pulumi up: build the image, upload and register it, start a workspace from it", async () => {
    await pulumi.run("up", "--yes", "--skip-preview");
    const { webUrl, consoleHost, consolePort } = await pulumi.outputs();
    claim(
      webUrl !== undefined && consoleHost !== undefined && consolePort !== undefined,
      "the stack tells web address and console",
    );
  });

  await narrator.step("The page, through the workspace's address", async () => {
    const { webUrl } = await pulumi.outputs();
    const page = await (await fetch(String(webUrl))).text();
    show(`GET ${webUrl}`);
    claim(page.includes("Hello from a Bench workspace"), "nginx in the workspace answers", page);
  });

  const ssh = async (command: string) => {
    const { consoleHost, consolePort } = await pulumi.outputs();
    const place = { host: String(consoleHost), port: Number(consolePort) };
    const result = await overSsh({ ...place, user: "ica", password: stage.apiKey }, command);
    show(`$ ${command}\n${result.output}`);
    return result;
  };

  await narrator.step("A shell in the workspace, by SSH with an API key as the password", async () => {
    const who = await ssh("id");
    claim(/uid=1000\(ica\) gid=100\(users\)/.test(who.output), "user 1000 in group 100");
    claim((await ssh("touch /usr/bin/x")).code !== 0, "the root file system is read-only");
    claim((await ssh("echo kept > /data/note && cat /data/note")).code === 0, "/data is writable");
  });

  await narrator.step("The restricted network: one site is allowed, and nothing else", async () => {
    const sites = await startSites(stage.docker, await outsideNetwork(stage));
    try {
      const fetchIn = (host: string) =>
        ssh(`curl --silent --show-error --fail --max-time 20 --retry 5 --retry-connrefused http://${host}/`);
      claim(
        (await fetchIn("allowed.example")).output.includes("Greetings from allowed.example"),
        "the allowed URL is reached",
      );
      claim((await fetchIn("blocked.example")).code !== 0, "another URL is refused by the proxy");
      claim(
        (await ssh("curl --noproxy '*' --silent --show-error --max-time 5 http://allowed.example/")).code !== 0,
        "there is no way around the proxy",
      );
    } finally {
      await sites.stop();
    }
  });

  await narrator.step("pulumi up again: nothing to do, and nothing done", async () => {
    stage.calls.take();
    await stage.dockerCalls.take();
    const said = await pulumi.run("up", "--yes", "--skip-preview");
    claim(/3 unchanged/.test(said), "everything is unchanged");
    const calls = stage.calls.take();
    claim(calls.filter(isWrite).length === 0, `no write to ICA (${calls.length} calls in all)`);
    claim((await stage.dockerCalls.take()).length === 0, "no docker command at all");
  });

  await narrator.step(
    "A pull request changes a line of the Dockerfile and the workspace: what a reviewer reads",
    async () => {
      stage.calls.take();
      await stage.dockerCalls.take();
      const { text, code, comment, file } = await reviewOfAChange(stage, "demo");
      show(`$ ica-bench preview\n${text}`);
      claim(code === 3, "the exit code says that there is a danger", `${code}`);
      claim(
        /^> \*\*`hello` is restarted: people who work in it are disconnected/m.test(comment),
        "the comment says who is cut off",
        comment,
      );
      claim(/is rebuilt\*\*, because\n- `Dockerfile` changed$/m.test(comment), "and why the image is rebuilt", comment);
      claim(stage.calls.take().filter(isWrite).length === 0, "no write to ICA");
      claim(!(await stage.dockerCalls.take()).some(isWork), "no docker build, no docker save");
      show(`The comment, as Markdown (${Buffer.byteLength(comment)} bytes): ${path.relative(stage.repository, file)}`);
    },
  );

  await narrator.step("A user stops the workspace by hand: pulumi preview --refresh --diff shows it", async () => {
    const [workspace] = await workspaces();
    const answer = await post(`/api/projects/${stage.exports.ICA_PROJECT_ID}/workspaces/${workspace?.id}:stop`);
    claim(answer.status === 204, "ICA accepts the stop, outside Pulumi");
    while ((await workspaces())[0]?.status !== "Stopped") await new Promise((resolve) => setTimeout(resolve, 200));
    const said = await pulumi.run("preview", "--refresh", "--diff");
    const toDo = said.slice(said.indexOf("(update)"));
    const fields = [...toDo.matchAll(/^ +[~+-] +(\w+) *: (.*)$/gm)].map(([, field, change]) => `${field}: ${change}`);
    claim(
      fields.join() === 'desiredState: "stopped" => "running"',
      "the drift is shown, and nothing else",
      fields.join("\n"),
    );
  });

  await narrator.step("pulumi up --refresh repairs it", async () => {
    await pulumi.run("up", "--yes", "--skip-preview", "--refresh");
    claim((await workspaces())[0]?.status === "Running", "the workspace runs again");
    claim((await ssh("cat /data/note")).output === "kept", "/data has outlived the stop");
  });

  await narrator.step(
    "A team in one component: two workspaces of the same image, in a stack of their own",
    async () => {
      const team = new Pulumi(path.join(stage.repository, "examples/team"), stage.env, show);
      await team.run("stack", "init", "demo");
      await team.run("up", "--yes", "--skip-preview");
      const ofTeam = async () => (await workspaces()).filter(({ name }) => name.startsWith("bench-team-"));
      claim(
        (await ofTeam())
          .map(({ status }) => status)
          .sort()
          .join() === "Running,Stopped",
        "one runs, one is ready to be started",
      );
      claim(/4 unchanged/.test(await team.run("up", "--yes", "--skip-preview")), "a second up changes nothing");
      await team.run("destroy", "--yes", "--skip-preview", "--remove");
      claim(
        (await ofTeam()).length === 0 && (await workspaces()).length === 1,
        "the other stack's workspace is still there",
      );
    },
  );

  await narrator.step("The same in YAML: the plugin serves programs in every language of Pulumi", async () => {
    if (!hasYaml()) {
      show("Skipped: there is no pulumi-language-yaml beside pulumi. Pulumi's own installation has it.");
      return;
    }
    const yaml = new Pulumi(path.join(stage.repository, "examples/yaml"), stage.env, show);
    await yaml.run("stack", "init", "demo");
    stage.calls.take();
    await stage.dockerCalls.take();
    await yaml.run("preview");
    claim(stage.calls.take().filter(isWrite).length === 0, "the preview writes nothing to ICA");
    await yaml.run("up", "--yes", "--skip-preview");
    claim(!(await stage.dockerCalls.take()).some(isWork), "the image is there already: nothing is built or saved");
    const mine = async () => (await workspaces()).find(({ name }) => name === "hello-yaml");
    claim((await mine())?.status === "Running", "the workspace of the YAML runs");
    claim(/3 unchanged/.test(await yaml.run("up", "--yes", "--skip-preview")), "a second up changes nothing");
    await yaml.run("destroy", "--yes", "--skip-preview", "--remove");
    claim(
      (await mine()) === undefined && (await workspaces()).length === 1,
      "the first stack's workspace is still there",
    );
  });

  if (keep) return;

  await narrator.step("pulumi destroy", async () => {
    await pulumi.run("destroy", "--yes", "--skip-preview", "--remove");
    claim((await workspaces()).length === 0, "no workspace is left");
  });
}

function hasYaml(): boolean {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.some((folder) => existsSync(path.join(folder, "pulumi-language-yaml")));
}

function isWork(commandLine: string): boolean {
  return /^(build|buildx|save|image save|push)\b/.test(commandLine);
}

async function outsideNetwork(stage: Stage): Promise<string> {
  const status = await stage.emulator("status").catch(() => "");
  const name = /^outside +(\S+)/m.exec(status)?.[1];
  if (name === undefined) throw new Error(`the emulator's status has no outside network:\n${status}`);
  return name;
}

/** The builds stay in the local Docker's cache; this removes their tags. */
async function removeBuiltImages(docker: string): Promise<void> {
  const { stdout } = await command(docker, [
    "image",
    "ls",
    "--quiet",
    "--filter",
    "label=pulumi-ica=bench-image",
    "--filter",
    "reference=pulumi-ica/quickstart",
  ]);
  const ids = [...new Set(stdout.split("\n").filter((id) => id !== ""))];
  if (ids.length > 0) await command(docker, ["image", "rm", "--force", ...ids], { mayFail: true });
}

async function main(): Promise<void> {
  const stage = await openStage();
  let told = false;
  try {
    await tell(stage);
    told = true;
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
  await stage.close({ keep });
  if (keep) {
    show(`\nIt keeps running. To look at it, in ${stage.repository}:\n`);
    show(
      Object.entries(stage.exports)
        .map(([name, value]) => `export ${name}='${value}'`)
        .join("\n"),
    );
    show(
      `\npulumi stack select demo && pulumi stack output\n\nTo end it: pulumi destroy --yes --remove && npx ica-bench emulator stop --purge --dir ${stage.dir}/emulator`,
    );
  } else {
    await removeBuiltImages(stage.docker);
  }
  if (told) narrator.summary();
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
