import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { checkFolders } from "../../provider/contract/image/folders";
import { inspectImage } from "../../provider/contract/image/inspect";
import type { Access } from "../../provider/contract/rules";
import { DockerError } from "../../provider/docker/errors";
import { base, type TestFile, TestImages } from "./images";

const text =
  "#!/bin/bash\n/usr/local/bin/serve.sh &\n/usr/sbin/sshd -p 2222 -h /etc/workspace-auth/hostKey -o AuthorizedKeysFile=/etc/workspace-auth/pubKey &\nwait\n";
const both: Access = { web: true, console: true };
const neither: Access = { web: false, console: false };

/** Everything Bench wants, from files alone: builds of a few milliseconds. */
const files: Readonly<Record<string, string | TestFile>> = {
  passwd: "root:x:0:0::/root:/bin/sh\nica:x:1000:100::/data:/bin/bash\nother:x:1001:1001::/:/bin/sh\n",
  group: "root:x:0:\nusers:x:100:\nother:x:1001:\n",
  "ica_start.sh": text,
  "serve.sh": "#!/bin/bash\nexec server --config /etc/server/main.conf\n",
  "main.conf": "listen 8888;\n",
  program: "not a real one\n",
};

const parts = {
  accounts: "COPY passwd group /etc/",
  script: "COPY --chmod=0755 ica_start.sh /usr/local/bin/ica_start.sh",
  shell: "COPY --chmod=0755 program /usr/bin/bash\nCOPY --chmod=0755 program /usr/sbin/sshd",
  server: "COPY --chmod=0755 serve.sh /usr/local/bin/\nCOPY main.conf /etc/server/main.conf",
  user: "USER ica",
};

interface Case {
  readonly what: string;
  readonly parts?: Partial<typeof parts>;
  readonly files?: Readonly<Record<string, string | TestFile>>;
  readonly from?: string;
  readonly access?: Access;
  readonly finds: readonly string[];
}

const cases: readonly Case[] = [
  { what: "the least for web and console", finds: [] },
  {
    what: "neither server, if neither is declared",
    parts: { server: "", shell: "COPY --chmod=0755 program /bin/bash" },
    access: neither,
    finds: [],
  },
  { what: "USER 1000:100", parts: { user: "USER 1000:100" }, finds: [] },
  {
    what: "a user that is in the group by /etc/group",
    files: { passwd: "ica:x:1000:1000::/data:/bin/bash\n", group: "users:x:100:a,ica\n" },
    finds: [],
  },
  { what: "port 8888 in EXPOSE", parts: { server: "EXPOSE 8888" }, finds: [] },
  {
    what: "a script of the user's own",
    parts: { script: "COPY --chmod=0500 --chown=1000:100 ica_start.sh /usr/local/bin/" },
    finds: [],
  },
  {
    what: "a script for the group",
    parts: { script: "COPY --chmod=0750 --chown=0:100 ica_start.sh /usr/local/bin/" },
    finds: [],
  },
  {
    what: "env as interpreter",
    files: { "ica_start.sh": "#!/usr/bin/env -S bash -e\nwait # 8888, 2222, workspace-auth\n" },
    parts: { shell: `${parts.shell}\nCOPY --chmod=0755 program /usr/bin/env` },
    finds: [],
  },
  {
    what: "files of the user below /data, and the folders that Bench makes there",
    parts: { user: "WORKDIR /data/project\nCOPY --chown=1000:100 main.conf /data/\nUSER ica" },
    finds: [],
  },
  {
    what: "sshd with a configuration that is copied into place",
    files: {
      "ica_start.sh":
        "#!/bin/bash\n/usr/local/bin/serve.sh &\n/usr/sbin/sshd -D -f /tmp/sshd_config < /etc/ica/sshd_config\n",
      sshd_config: "Port 2222\nHostKey /etc/workspace-auth/hostKey\n",
    },
    parts: { user: "COPY sshd_config /etc/ica/\nUSER ica" },
    finds: [],
  },
  { what: "a compiled program as script", files: { "ica_start.sh": "\x7fELF\0 8888" }, finds: [] },

  { what: "no USER", parts: { user: "" }, finds: ["!ICA002"] },
  { what: "USER root", parts: { user: "USER root" }, finds: ["!ICA002"] },
  { what: "USER of another UID", parts: { user: "USER other:users" }, finds: ["!ICA002"] },
  { what: "USER that is in no passwd file", parts: { user: "USER nobody" }, finds: ["!ICA002"] },
  { what: "no passwd file", parts: { accounts: "", user: "USER 1000" }, finds: ["!ICA003"] },
  {
    what: "no user with UID 1000",
    files: { passwd: "ica:x:1001:100::/:/bin/sh\n" },
    parts: { user: "USER 1000" },
    finds: ["!ICA003"],
  },
  {
    what: "a user outside of the group",
    files: { passwd: "ica:x:1000:1000::/:/bin/sh\n", group: "users:x:100:somebody\n" },
    finds: ["!ICA003"],
  },
  { what: "no start script", parts: { script: "" }, finds: ["!ICA004"] },
  { what: "a start script elsewhere", parts: { script: "COPY --chmod=0755 ica_start.sh /opt/" }, finds: ["!ICA004"] },
  {
    what: "a folder for a start script",
    parts: { script: "COPY ica_start.sh /usr/local/bin/ica_start.sh/" },
    finds: ["!ICA004"],
  },
  {
    what: "a start script that is not executable",
    parts: { script: "COPY --chmod=0644 ica_start.sh /usr/local/bin/" },
    finds: ["!ICA005"],
  },
  {
    what: "a start script for root only",
    parts: { script: "COPY --chmod=0700 ica_start.sh /usr/local/bin/" },
    finds: ["!ICA005"],
  },
  {
    what: "a start script that may not be read",
    parts: { script: "COPY --chmod=0711 ica_start.sh /usr/local/bin/" },
    finds: ["!ICA005"],
  },
  { what: "no first line", files: { "ica_start.sh": "echo 8888 2222 workspace-auth\n" }, finds: ["!ICA007"] },
  {
    what: "an empty start script",
    files: { "ica_start.sh": "", sshd_config: "Port 2222\nHostKey /etc/workspace-auth/hostKey\n" },
    parts: { server: "COPY sshd_config /etc/ssh/\nEXPOSE 8888" },
    finds: ["!ICA007"],
  },
  {
    what: "a pointer of Git LFS as start script",
    files: {
      "ica_start.sh": `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 123\n`,
      sshd_config: "Port 2222\nHostKey /etc/workspace-auth/hostKey\n",
    },
    parts: { server: "COPY sshd_config /etc/ssh/\nEXPOSE 8888" },
    finds: ["!ICA025"],
  },
  { what: "Windows line ends", files: { "ica_start.sh": text.replaceAll("\n", "\r\n") }, finds: ["!ICA008"] },
  {
    what: "no interpreter",
    files: { "ica_start.sh": "#!/bin/zsh\nwait # 8888 2222 workspace-auth\n" },
    finds: ["!ICA009"],
  },
  {
    what: "an interpreter that is not executable",
    parts: { shell: "COPY program /usr/bin/bash\nCOPY --chmod=0755 program /usr/sbin/sshd" },
    files: { program: { text: "x", mode: 0o644 } },
    finds: ["!ICA009"],
  },
  {
    what: "no interpreter for env",
    files: { "ica_start.sh": "#!/usr/bin/env python3\n# 8888 2222 workspace-auth\n" },
    parts: { shell: `${parts.shell}\nCOPY --chmod=0755 program /usr/bin/env` },
    finds: ["!ICA009"],
  },
  { what: "no SSH server", parts: { shell: "COPY --chmod=0755 program /usr/bin/bash" }, finds: ["!ICA010"] },
  {
    what: "an SSH server on another port",
    files: { "ica_start.sh": text.replace("-p 2222 ", "") },
    finds: ["?ICA021"],
  },
  {
    what: "the distribution's own configuration of sshd",
    files: {
      "ica_start.sh": "#!/bin/bash\n/usr/sbin/sshd -D & # web on 8888\nwait\n",
      sshd_config: "#Port 2222\n#HostKey /etc/workspace-auth/hostKey\nUsePAM yes\n",
    },
    parts: { server: "COPY sshd_config /etc/ssh/sshd_config" },
    finds: ["?ICA021"],
  },
  {
    what: "a write to a read-only folder",
    files: { "ica_start.sh": `${text}touch /opt/started\n` },
    finds: ["?ICA013"],
  },
  { what: "VOLUME elsewhere", parts: { user: "VOLUME /opt/state\nUSER ica" }, finds: ["?ICA013"] },
  { what: "a secret in ENV", parts: { user: "ENV ICA_API_KEY=hunter2\nUSER ica" }, finds: ["?ICA017"] },
  {
    what: "files of root below /data",
    parts: { user: "COPY main.conf /data/.config/app/\nUSER ica" },
    finds: ["?ICA019"],
  },
  {
    what: "files of another user below /data",
    parts: { user: "COPY --chown=1001:100 main.conf /data/\nUSER ica" },
    finds: ["?ICA019"],
  },
  { what: "nothing on port 8888", files: { "main.conf": "listen 80;\n" }, finds: ["?ICA011"] },
];

describe("the contract, in an image", function () {
  this.timeout(120_000);
  const images = new TestImages();
  after(() => images.removeAll());

  // scratch has no folders, so the links that a distribution has are made by a stage that has a shell.
  const from = `FROM ${base} AS links\nRUN mkdir -p /root-fs/usr/bin && ln -s usr/bin /root-fs/bin\nFROM scratch\nCOPY --from=links /root-fs /\n`;

  for (const one of cases) {
    const title =
      one.finds.length === 0 ? `is kept with ${one.what}` : `is broken by ${one.what}: ${one.finds.join(", ")}`;
    it(title, async () => {
      const dockerfile = from + Object.values({ ...parts, ...one.parts }).join("\n");
      const ref = await images.build(dockerfile, { ...files, ...one.files });
      const { findings } = await inspectImage(await images.docker(), ref, { access: one.access ?? both });
      const seen = findings.map(({ code, severity }) => `${severity === "error" ? "!" : "?"}${code}`);
      assert.deepEqual(seen, one.finds, findings.map(({ message }) => message).join("\n"));
    });
  }

  it("is broken by folders that no user can enter, as new versions of BuildKit create them for COPY --chmod", async () => {
    const folders = "mkdir -p /root/app && mkdir -m 0644 /etc/app /etc/app/conf && chmod 0700 /root/app";
    const ref = await images.build(
      `FROM ${base}\nRUN ${folders}\nCOPY main.conf /etc/app/conf/\nCOPY --chmod=0600 main.conf /root/app/main.conf\n`,
      files,
    );
    const docker = await images.docker();
    const layers = await docker.layers(ref);
    const findings = await docker.withFiles(ref, (read) => checkFolders(layers, read));
    assert.deepEqual(
      findings.map(({ code, severity, message }) => `${code} ${severity} ${message}`),
      ["/etc/app/conf", "/etc/app"].map((folder) => `ICA024 error the folder ${folder} cannot be entered (mode 0644)`),
    );
  });

  it("is broken by a link that leads nowhere, and by links to what is wrong", async () => {
    const docker = await images.docker();
    const links = (made: string) =>
      `FROM ${base}\nCOPY passwd group /etc/\nCOPY ica_start.sh /opt/real.sh\nRUN ${made}\nEXPOSE 8888\nUSER ica\n`;
    const inspect = async (made: string) =>
      inspectImage(docker, await images.build(links(made), files), { access: { web: true, console: false } });
    const codes = async (made: string) => (await inspect(made)).findings.map(({ code }) => code);
    assert.deepEqual(await codes("ln -s /opt/gone.sh /usr/local/bin/ica_start.sh"), ["ICA004"]);
    assert.deepEqual(await codes("ln -s /opt/real.sh /usr/local/bin/ica_start.sh"), ["ICA005"]);
    assert.deepEqual(
      await codes("chmod 755 /opt/real.sh && ln -s ../../../opt/real.sh /usr/local/bin/ica_start.sh"),
      [],
    );
  });

  it("is broken by another platform: !ICA001", async () => {
    const docker = await images.docker();
    const ref = images.tag();
    const accounts = "COPY passwd group /etc/\nCOPY --chmod=0755 program /bin/bash";
    const dockerfile = `FROM scratch\n${accounts}\n${parts.script}\n${parts.user}\n`;
    const context = await images.folder({ ...files, Dockerfile: dockerfile });
    const args = ["build", "--quiet", "--platform", "linux/arm64", "--label", "pulumi-ica=test", "--tag", ref, context];
    const built = spawnSync(docker.client.command, args, { env: { ...process.env, DOCKER_BUILDKIT: "1" } });
    assert.equal(built.status, 0, built.stderr.toString());
    const { findings } = await inspectImage(docker, ref, { access: neither });
    assert.deepEqual(
      findings.map(({ code, message }) => `${code} ${message}`),
      ["ICA001 the image is for linux/arm64"],
    );
  });

  it("is not checked for an image that the local Docker lacks", async () => {
    await assert.rejects(
      inspectImage(await images.docker(), "pulumi-ica-test/none:0.0.1", { access: both }),
      DockerError,
    );
  });
});
