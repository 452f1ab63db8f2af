import { type Case, describeCases, dockerfile, script } from "./case";

const stage = (lines: string) => `FROM debian:12 AS base\nARG NB_UID=1000\nRUN useradd -u $NB_UID -g 100 ica\n${lines}`;

const good: readonly Omit<Case, "finds">[] = [
  {
    what: "an ARG of the stage that it is based on",
    dockerfile: stage(`FROM base\n${script}\nUSER \${NB_UID}`),
  },
  {
    what: "the same, declared again",
    dockerfile: stage(`FROM base\nARG NB_UID\n${script}\nUSER \${NB_UID}`),
  },
  {
    what: "an ARG declared twice in a stage",
    dockerfile: stage(`ARG NB_UID\n${script}\nUSER $NB_UID`),
  },
  {
    what: "an argument of the build for a later stage only",
    dockerfile: stage(`FROM base\nARG END=0\n${script}\nUSER $END`),
    args: { END: "1000" },
  },
  {
    what: "a global ARG in place of the one of an earlier stage",
    dockerfile: `ARG U=ica\nFROM debian:12 AS base\nARG U=root\nRUN useradd -u 1000 -g 100 ica\nFROM base\nARG U\n${script}\nUSER $U`,
  },
  {
    what: "a global ARG that has no value, and the one of an earlier stage",
    dockerfile: `ARG U\nFROM debian:12 AS base\nARG U=ica\nRUN useradd -u 1000 -g 100 ica\nFROM base\nARG U\n${script}\nUSER $U`,
  },
  {
    what: "what stands for an argument that is not given",
    dockerfile: dockerfile({
      script: `ARG PREFIX\nENV BIN=\${PREFIX:-/usr/local}/bin LATE=\${PREFIX+x}\nCOPY --chmod=0755 ica_start.sh $BIN/`,
      end: `USER \${PREFIX-ica}`,
    }),
  },
];

const others: readonly Case[] = [];

describeCases("the contract, with arguments of the build", good, others);
