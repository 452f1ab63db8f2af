import { type Case, describeCases, dockerfile, text } from "./case";

const at = "/usr/local/bin/ica_start.sh";
const crlf = text.replaceAll("\n", "\r\n");
const plain = { "ica_start.sh": text };
/** The script by COPY in its folder, or where another line says, and then a RUN. */
const run = (command: string, copy = "COPY ica_start.sh /usr/local/bin/") =>
  dockerfile({ script: copy, more: `RUN ${command}` });
/** Without any COPY of the script. */
const alone = (command: string, script = "") => dockerfile({ script, more: `RUN ${command}` });
const scripts = { "scripts/ica_start.sh": text };

const good: readonly Omit<Case, "finds">[] = [
  {
    what: "cp of a pattern",
    dockerfile: run("cp /opt/build/*.sh /usr/local/bin/ && chmod 755 /usr/local/bin/*.sh", "COPY scripts /opt/build/"),
    files: scripts,
  },
  {
    what: "mv of a pattern",
    dockerfile: run("mv /opt/*.sh /usr/local/bin && chmod +x /usr/local/bin/*.sh", "COPY scripts /opt/"),
    files: scripts,
  },
  {
    what: "install of a pattern",
    dockerfile: run("install -m 0755 /opt/* /usr/local/bin/ && rm -rf /opt/*", "COPY scripts /opt/"),
    files: scripts,
  },
  {
    what: "cp of what is in a folder",
    dockerfile: run("cp -a /opt/bin/. /usr/local/bin/", "COPY scripts /opt/bin"),
    files: scripts,
  },
  {
    what: "cp of a tree",
    dockerfile: run("cp -r /src/rootfs/* /", "COPY rootfs /src/rootfs/"),
    files: { "rootfs/usr/local/bin/ica_start.sh": text },
  },
  {
    what: "rsync of a tree",
    dockerfile: run("rsync -at /src/rootfs/ /", "COPY . /src"),
    files: { "rootfs/usr/local/bin/ica_start.sh": text },
  },
  {
    what: "rsync of a folder",
    dockerfile: run("rsync -at /opt/bin/ /usr/local/bin", "COPY scripts /opt/bin"),
    files: scripts,
  },
  {
    what: "cp -t",
    dockerfile: run(`cp -t /usr/local/bin /opt/ica_start.sh && chmod 755 /usr/local/bin/*`, "COPY ica_start.sh /opt/"),
    files: plain,
  },
  {
    what: "an archive, and a chmod that needs the script",
    dockerfile: alone(`tar -xzf /a.tgz -C / && chmod 755 ${at}`),
  },
  {
    what: "wget in the folder",
    dockerfile: alone("cd /usr/local/bin && wget -q https://e.org/ica_start.sh && chmod 755 ica_start.sh"),
  },
  {
    what: "curl in the folder",
    dockerfile: alone("curl -fsSLO https://e.org/ica_start.sh?x=1 && chmod +x *.sh", "WORKDIR /usr/local/bin"),
  },
  { what: "curl into a file", dockerfile: alone(`curl -fsSL -o ${at} https://e.org/x && chmod 755 ${at}`) },
  {
    what: "sed of a pattern that repairs line ends",
    dockerfile: run("sed -i 's/\\r$//' /usr/local/bin/*.sh && chmod +x /usr/local/bin/*.sh"),
    files: { "ica_start.sh": crlf },
  },
  {
    what: "dos2unix of a pattern",
    dockerfile: run("dos2unix /usr/local/bin/*.sh", "COPY --chmod=755 . /usr/local/bin/"),
    files: { "ica_start.sh": crlf },
  },
  {
    what: "dos2unix by find",
    dockerfile: run(
      "find /usr/local/bin -type f -name '*.sh' -exec dos2unix {} \\;",
      "COPY --chmod=755 . /usr/local/bin/",
    ),
    files: { "ica_start.sh": crlf },
  },
  { what: "chmod by find", dockerfile: run("find /usr/local/bin -name '*.sh' -exec chmod 755 {} +"), files: plain },
  { what: "chmod with braces", dockerfile: run("chmod +x /usr/local/bin/{ica_start,helper}.sh"), files: plain },
  { what: "chmod of a folder above", dockerfile: run("chmod -R a+rX,a+x /usr/local"), files: plain },
  {
    what: "cp of other files from there",
    dockerfile: run(`cp ${at} /opt/ && cp /opt/app /usr/local/bin/`, "COPY --chmod=755 ica_start.sh /usr/local/bin/"),
    files: plain,
  },
];

const others: readonly Case[] = [
  {
    what: "cp of a tree elsewhere",
    dockerfile: run("cp -r /src/* /opt/", "COPY . /src"),
    files: plain,
    finds: ["!ICA004:3"],
  },
];

describeCases("the contract, in what RUN does to the start script", good, others);
