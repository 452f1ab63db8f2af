import { strict as assert } from "node:assert";
import path from "node:path";
import { z } from "zod";
import { rules } from "../../provider/contract/rules";
import { makeContext, removeContext } from "../support/context-folder";
import { icaBench, repository, start } from "./process";
import { assertSarif } from "./sarif";

const faulty = {
  Dockerfile: [
    "FROM debian:bookworm-slim",
    "RUN useradd --uid 1000 --gid 100 --home-dir /data ica",
    "  COPY ica_start.sh /usr/local/bin/ica_start.sh",
    'CMD ["rserver"]',
    "USER root",
    "",
  ].join("\n"),
  "ica_start.sh": "#!/bin/bash\necho ok\nexec sleep 1\r\n",
};

describe("ica-bench lint", function () {
  this.timeout(60_000);
  let folder: string;

  before(async () => {
    folder = await makeContext(faulty);
  });
  after(() => removeContext(folder));

  it("ends quietly when its reader closes the pipe", async () => {
    const running = start(["lint", folder, "--format", "sarif"]);
    running.child.stdout?.destroy();
    const { code, stderr } = await running.ended;
    assert.deepEqual({ code, stderr }, { code: 1, stderr: "" });
  });

  it("prints place, code and fix of each finding, and exits with 1", async () => {
    const { code, stdout, stderr } = await icaBench(["lint"], { cwd: folder });
    assert.equal(code, 1, stderr);
    assert.match(stdout, /^Dockerfile:3:3: error ICA005: .*not executable/m);
    assert.match(stdout, /^ {4}fix: {2}Write COPY --chmod=0755/m);
    assert.match(stdout, /^ica_start\.sh:3:13: error ICA008: .*Windows line ends/m, "the very line of the script");
    assert.match(stdout, /^Dockerfile:4:1: warning ICA006: /m);
    assert.match(stdout, /^Dockerfile:5:1: error ICA002: USER root has UID 0$/m);
    assert.match(stdout, /^3 errors, 1 warning$/m);
  });

  it("exits with 0 for warnings only, and with 2 when there is nothing to check", async () => {
    const doubtful = await makeContext({ Dockerfile: "FROM registry.example/rstudio:4\nUSER 1000\n" });
    try {
      const warned = await icaBench(["lint", "."], { cwd: doubtful });
      assert.match(
        warned.stdout,
        /^Dockerfile:1:1: note ICA026: the base image registry\.example\/rstudio:4 or a command decides /m,
      );
      assert.match(warned.stdout, /^0 errors, 0 warnings, 1 note$/m);
      assert.equal(warned.code, 0);
      for (const args of [
        ["lint", path.join(doubtful, "nowhere")],
        ["lint", doubtful, "--dockerfile", path.join(doubtful, "Other")],
        ["lint", doubtful, "--format", "xml"],
        ["lint", doubtful, "--access", "web,ssh"],
      ]) {
        const { code, stdout, stderr } = await icaBench(args);
        assert.equal(code, 2, `${args.join(" ")}: ${stdout}`);
        assert.notEqual(stderr, "");
        assert.equal(stdout, "");
      }
    } finally {
      await removeContext(doubtful);
    }
  });

  it("checks the stage that --target names", async () => {
    const staged = await makeContext({
      "docker/Other": `FROM debian:bookworm-slim AS bad\nUSER root\n${faulty.Dockerfile.replace("FROM debian:bookworm-slim", "FROM debian:bookworm-slim AS worse")}`,
      "ica_start.sh": "#!/bin/bash\n",
    });
    try {
      const dockerfile = path.join(staged, "docker/Other");
      const { stdout } = await icaBench(["lint", staged, "--dockerfile", dockerfile, "--target", "bad"]);
      assert.match(stdout, /docker\/Other:2:1: error ICA002/);
      const none = await icaBench(["lint", staged, "--dockerfile", dockerfile, "--target", "none"]);
      assert.match(none.stdout, /docker\/Other:1:1: error ICA012: the Dockerfile has no stage "none"/);
    } finally {
      await removeContext(staged);
    }
  });

  it("takes the arguments of the build", async () => {
    const open = await makeContext({
      Dockerfile: [
        "ARG VERSION",
        "FROM debian:$VERSION",
        "ARG NB_UID",
        "ARG NB_USER=nobody",
        "RUN useradd --uid $NB_UID --gid 100 $NB_USER",
        "COPY --chmod=0755 ica_start.sh /usr/local/bin/ica_start.sh",
        "USER $NB_USER",
        "",
      ].join("\n"),
      "ica_start.sh": "#!/bin/bash\nwait\n",
    });
    try {
      const without = await icaBench(["lint", open]);
      assert.match(without.stdout, /note ICA026: .* whether USER has UID 1000/, without.stderr);
      const { code, stdout, stderr } = await icaBench([
        ...["lint", open, "--build-arg", "VERSION=bookworm-slim", "--build-arg", "NB_UID=1000"],
        ...["--build-arg", "NB_USER=a=b"],
      ]);
      assert.equal(stdout, "No findings: nothing here that Bench would refuse.\n");
      assert.equal(code, 0, stderr);
      const wrong = await icaBench(["lint", open, "--build-arg", "NB-UID=1000"]);
      assert.equal(wrong.code, 2);
      assert.match(wrong.stderr, /Write NAME=VALUE/);
    } finally {
      await removeContext(open);
    }
  });

  it("builds the image with --build, and reports what the Dockerfile does not show", async () => {
    const hidden = await makeContext({
      Dockerfile: [
        "FROM debian:bookworm-slim",
        "RUN echo 'useradd --uid 1000 ica' > /setup && sh /setup",
        "COPY ica_start.sh /usr/local/bin/",
        "RUN find /usr/local/bin -name 'ica*' -exec chmod 0640 {} +",
        "USER ica",
        "",
      ].join("\n"),
      "ica_start.sh": { text: "#!/bin/bash\nwait\n", executable: true },
    });
    try {
      const without = await icaBench(["lint", "."], { cwd: hidden });
      assert.equal(without.code, 0, without.stdout);
      assert.match(without.stdout, /^0 errors, 0 warnings, 1 note$/m);
      const { code, stdout, stderr } = await icaBench(["lint", ".", "--build"], { cwd: hidden });
      assert.equal(code, 1, stdout + stderr);
      assert.match(stdout, /error ICA003: the user ica \(UID 1000\) is not in the group with GID 100$/m);
      assert.match(stdout, /error ICA005: .* may not be executed by 1000:100 \(mode 0640/);
      assert.match(stdout, /^2 errors, 0 warnings$/m, "neither a note, nor a server that is not declared");
    } finally {
      await removeContext(hidden);
    }
  });

  it("gives programs one JSON document", async () => {
    const { stdout } = await icaBench(["lint", "--format", "json"], { cwd: folder });
    const report = z
      .object({ errors: z.number(), warnings: z.number(), findings: z.array(z.record(z.string(), z.unknown())) })
      .parse(JSON.parse(stdout));
    assert.deepEqual([report.errors, report.warnings], [3, 1]);
    const found = report.findings.find(({ code }) => code === "ICA008");
    assert.deepEqual([found?.file, found?.line, found?.column], ["ica_start.sh", 3, 13]);
    assert.equal(found?.fix, rules.ICA008.fix);
  });

  it("gives code scanning a SARIF 2.1.0 log whose places are relative to the repository", async () => {
    const { stdout, code } = await icaBench(["lint", path.basename(folder), "--format", "sarif"], {
      cwd: path.dirname(folder),
    });
    assert.equal(code, 1);
    const { tool, results } = assertSarif(stdout);
    assert.deepEqual(
      tool.driver.rules.map(({ id }) => id),
      Object.keys(rules),
    );
    for (const { ruleId, ruleIndex } of results) assert.equal(tool.driver.rules[ruleIndex]?.id, ruleId);
    const script = results.find(({ ruleId }) => ruleId === "ICA008");
    assert.equal(script?.level, "error");
    assert.deepEqual(script?.locations[0].physicalLocation, {
      artifactLocation: { uri: `${path.basename(folder)}/ica_start.sh`, uriBaseId: "%SRCROOT%" },
      region: { startLine: 3, startColumn: 13 },
    });
  });

  it("annotates the lines of a pull request on GitHub", async () => {
    const { stdout } = await icaBench(["lint", "--format", "github"], { cwd: folder });
    const lines = stdout.trim().split("\n");
    assert.equal(lines.length, 4);
    assert.match(
      lines.join("\n"),
      /^::error file=ica_start\.sh,line=3,col=13,title=ICA008 [^,:]*::.*Save the file with LF/m,
    );
    assert.match(lines.join("\n"), /^::warning file=Dockerfile,line=4,col=1,title=ICA006 [^,:]*::/m);
  });

  it("annotates files by where they are in the repository, from any of its folders", async () => {
    const { stdout } = await icaBench(["lint", ".", "--format", "github"], {
      cwd: folder,
      env: { GITHUB_WORKSPACE: path.dirname(folder) },
    });
    assert.match(stdout, new RegExp(`^::error file=${path.basename(folder)}/Dockerfile,line=`, "m"));
  });

  it("finds nothing wrong with the examples", async () => {
    for (const [example, access] of [
      ["console", "console"],
      ["web", "web"],
      ["rstudio", "web"],
      ["quickstart", "web,console"],
    ]) {
      const { code, stdout } = await icaBench(["lint", `examples/${example}`, "--access", access ?? ""], {
        cwd: repository,
      });
      assert.equal(code, 0);
      assert.equal(stdout, "No findings: nothing here that Bench would refuse.\n", example);
    }
  });
});
