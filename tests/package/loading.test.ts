import { strict as assert } from "node:assert";
import path from "node:path";
import { command } from "../support/programs/command";

const dist = path.resolve(__dirname, "../../dist");

/** Prints the files that are loaded with an entry. */
const loader = `
require(process.argv[1]);
process.stdout.write(JSON.stringify(Object.keys(require.cache)), () => process.exit());
`;

/** What only a call, an upload or a look into an image needs. */
const heavy = /\/(s3-sdk\.js$|node_modules\/(axios|@aws-sdk|tar-stream|yaml)\/)/;

describe("a program or provider that starts", function () {
  this.timeout(60_000);

  const loaded = async (entry: string): Promise<string[]> => {
    const { stdout } = await command("node", ["-e", loader, path.join(dist, entry)]);
    return JSON.parse(stdout);
  };

  it("loads no library before it needs it", async () => {
    for (const entry of ["sdk/index.js", "provider/index.js", "provider/value-problems.js"]) {
      const files = await loaded(entry);
      assert.deepEqual(
        files.filter((file) => heavy.test(file)),
        [],
        entry,
      );
    }
  });

  it("loads nothing of the provider with the SDK, and of Docker only what a declaration needs", async () => {
    const [sdk, values] = [await loaded("sdk/index.js"), await loaded("provider/value-problems.js")];
    assert.deepEqual(
      sdk.filter((file) => file.startsWith(path.join(dist, "provider"))),
      [],
    );
    assert.ok(values.length > 0);
    assert.deepEqual(
      values.filter((file) => /provider\/(docker|ica|bytes)\//.test(file)),
      [],
    );
  });
});
