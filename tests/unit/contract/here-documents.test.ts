import { type Case, describeCases, dockerfile, text } from "./case";

const at = "/usr/local/bin/ica_start.sh";
const tabbed = text.replace(/^(?=.)/gm, "\t");

const good: readonly Omit<Case, "finds">[] = [
  {
    what: "COPY of a body whose tabs are taken away",
    dockerfile: dockerfile({ script: `COPY --chmod=755 <<-"EOF" ${at}\n${tabbed}\tEOF` }),
  },
  {
    what: "COPY of a body after lines that go on",
    dockerfile: dockerfile({ script: `COPY --chmod=755 \\\n  # the script\n  <<"EOF" ${at}\n${text}EOF` }),
  },
  {
    what: "marks with dots and dashes, and instructions in the body",
    dockerfile: dockerfile({
      script: `COPY --chmod=755 <<ica_start.sh /usr/local/bin/\n${text}USER root\nica_start.sh`,
      more: "COPY <<END-OF-IT /etc/motd\nUSER root\nEND\nEND-OF-IT",
    }),
  },
  {
    what: "a word after <<<, which is no here-document",
    dockerfile: dockerfile({ user: "RUN base64 -d <<< eA== > /tmp/x \\\n && useradd -u 1000 -g 100 ica" }),
  },
  {
    what: "a number that is shifted",
    dockerfile: dockerfile({ user: "RUN echo $((1<<10)) \\\n && useradd -u 1000 -g 100 ica" }),
  },
  {
    what: "a line that goes on after the mark",
    dockerfile: dockerfile({ script: `COPY --chmod=755 <<EOF \\\n  ${at}\n${text}EOF` }),
  },
  {
    what: "a shell that reads the body",
    dockerfile: dockerfile({ user: "RUN bash -ex <<EOF\nuseradd -u 1000 -g 100 ica\nEOF" }),
  },
  {
    what: "a script that a script writes",
    dockerfile: dockerfile({
      script: `RUN <<EOF\ncat > ${at} <<'SCRIPT'\n${text}rm ${at}\nSCRIPT\nchmod 755 ${at}\nEOF`,
    }),
  },
  {
    what: "a body that names its own shell",
    dockerfile: dockerfile({ user: "RUN <<EOF\n#!/usr/bin/env bash\nuseradd -u 1000 -g 100 ica\nEOF" }),
  },
];

const others: readonly Case[] = [
  {
    what: "a body in a Dockerfile with Windows line ends",
    dockerfile: dockerfile({ script: `COPY --chmod=755 <<EOF ${at}\n${text}EOF` }).replaceAll("\n", "\r\n"),
    finds: ["!ICA008:3"],
  },
  {
    what: "tabs that nothing takes away",
    dockerfile: dockerfile({ script: `COPY --chmod=755 <<"EOF" ${at}\n${tabbed}EOF` }),
    finds: ["!ICA007:3"],
  },
];

describeCases("the contract, with here-documents", good, others);
