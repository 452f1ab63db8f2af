import { type Case, describeCases, dockerfile, text } from "./case";

/** A script that no user may execute, put by COPY with these flags, and what RUN does to it. */
const copied = (flags: string, run = "") =>
  dockerfile({ script: `COPY ${flags} ica_start.sh /usr/local/bin/`, more: run === "" ? "" : `RUN ${run}` });
const at = "/usr/local/bin/ica_start.sh";
const plain = { "ica_start.sh": text };
const executable = { "ica_start.sh": { text, executable: true } };

const good: readonly Omit<Case, "finds">[] = [
  { what: "chmod ugo+x", dockerfile: copied("", `chmod ugo+x ${at}`), files: plain },
  { what: "chmod ugo+rx", dockerfile: copied("", `chmod ugo+rx ${at}`), files: plain },
  { what: "chmod g=u after u+x", dockerfile: copied("", `chmod u+x,go=u ${at}`), files: plain },
  {
    what: "a group of 100 that takes its rights from the owner",
    dockerfile: copied("--chown=root:100", `chmod u+x,g=u ${at}`),
    files: plain,
  },
  { what: "u+x by its owner", dockerfile: copied("--chown=ica:users", `chmod u+x ${at}`), files: plain },
  { what: "0700 by its owner", dockerfile: copied("--chown=ica:users", `chmod 0700 ${at}`), files: plain },
  { what: "750 by its owner, in numbers", dockerfile: copied("--chown=1000:100", `chmod 750 ${at}`), files: plain },
  { what: "chown in a RUN", dockerfile: copied("", `chown ica:users ${at} && chmod 0700 ${at}`), files: plain },
  { what: "chown of the folder", dockerfile: copied("--chmod=0700", "chown -R ica /usr/local/bin"), files: plain },
  { what: "chgrp", dockerfile: copied("--chmod=0750", `chgrp users ${at}`), files: plain },
  {
    what: "install for its owner",
    dockerfile: dockerfile({
      script: `COPY ica_start.sh /tmp/ica_start.sh\nRUN install -o ica -g users -m 0750 /tmp/ica_start.sh ${at}`,
    }),
    files: plain,
  },
  {
    what: "install for its owner only",
    dockerfile: dockerfile({
      script: `COPY ica_start.sh /tmp/\nRUN install -o ica -m 0700 /tmp/ica_start.sh ${at}`,
    }),
    files: plain,
  },
  {
    what: "install for its group, with long options",
    dockerfile: dockerfile({
      script: `COPY ica_start.sh /tmp/\nRUN install --group=users --mode u=rwx,g=rx /tmp/ica_start.sh ${at}`,
    }),
    files: plain,
  },
  {
    what: "a group of that number by another name",
    dockerfile: dockerfile({
      user: "RUN groupadd -o -g 100 bench && useradd -u 1000 -g bench ica",
      script: `COPY --chown=root:bench --chmod=750 ica_start.sh ${at}`,
    }),
    files: plain,
  },
  {
    what: "another group of the user",
    dockerfile: dockerfile({
      user: "RUN groupadd -g 3000 lab && useradd -u 1000 -g 100 -G lab ica",
      script: `COPY --chown=root:lab --chmod=750 ica_start.sh ${at}`,
    }),
    files: plain,
  },
  {
    what: "--chmod with X for a script that is executable",
    dockerfile: copied("--chmod=u=rwX,go=rX"),
    files: executable,
  },
  {
    what: "ADD of an address with a mode",
    dockerfile: dockerfile({
      script: `ADD --chmod=0755 --checksum=sha256:${"0".repeat(64)} https://example.org/ica_start.sh /usr/local/bin/`,
    }),
  },
  { what: "--chmod=a+rx", dockerfile: copied("--chmod=a+rx"), files: plain },
  { what: "--chmod=00755", dockerfile: copied("--chmod=00755"), files: plain },
  {
    what: "an owner that cannot be known",
    dockerfile: dockerfile({ script: `ARG OWNER\nCOPY --chown=$OWNER --chmod=0700 ica_start.sh ${at}` }),
    files: plain,
  },
];

const others: readonly Case[] = [
  {
    what: "an owner that cannot be known, of a script that no user may execute",
    dockerfile: dockerfile({ script: `ARG OWNER\nCOPY --chown=$OWNER --chmod=0644 ica_start.sh ${at}` }),
    files: plain,
    finds: ["!ICA005:4"],
  },
  {
    what: "ADD of an address, which makes it 0600",
    dockerfile: dockerfile({ script: "ADD https://example.org/ica_start.sh?raw=1 /usr/local/bin/" }),
    finds: ["!ICA005:3", "?ICA016:3"],
  },
];

describeCases("the contract, in who may execute the start script", good, others);
