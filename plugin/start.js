// Loads the plugin if this Node.js is recent enough. Old versions understand this file, so that they get as far as the message.
const { existsSync } = require("node:fs");
const { dirname, join } = require("node:path");

const oldest = [20, 19];

function fail(problem) {
  process.stderr.write(`pulumi-resource-ica: ${problem}\n`);
  process.exit(1);
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  fail(`Node.js ${process.versions.node} is too old. Install ${oldest.join(".")} or newer: https://nodejs.org`);
}

// In an archive dist/ lies beside this file, in a clone beside this folder.
const main = [__dirname, dirname(__dirname)]
  .map((folder) => join(folder, "dist", "provider", "plugin", "main.js"))
  .find(existsSync);
if (main === undefined) fail(`dist/ is missing in ${dirname(__dirname)}. Run \`npm run build\` there.`);
require(main);
