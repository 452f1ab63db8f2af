import assert from "node:assert/strict";
import {
  ConfigError,
  defaultLayerCacheSize,
  missingProject,
  publicBaseUrl,
  readConfig,
} from "../../provider/config.js";

const stack = (values: Record<string, string>) => (key: string) => values[key];
const read = (values: Record<string, string>, env: Record<string, string> = {}) => readConfig(stack(values), env);

describe("the configuration", () => {
  const settings: [string, string, "apiKey" | "baseUrl" | "projectId" | "region" | "s3Endpoint"][] = [
    ["ica:apiKey", "ICA_API_KEY", "apiKey"],
    ["ica:baseUrl", "ICA_BASE_URL", "baseUrl"],
    ["ica:projectId", "ICA_PROJECT_ID", "projectId"],
    ["ica:region", "ICA_REGION", "region"],
    ["ica:s3Endpoint", "ICA_S3_ENDPOINT", "s3Endpoint"],
  ];
  for (const [key, env, field] of settings) {
    const [ours, theirs] = ["https://stack.example/ica/rest", "https://env.example/ica/rest"];
    it(`takes ${key} from the stack before ${env} from the environment`, () => {
      const rest = { "ica:apiKey": "some-key" };
      assert.equal(read({ ...rest, [key]: ours }, { [env]: theirs })[field], ours);
      assert.equal(read(key === "ica:apiKey" ? {} : rest, { [env]: theirs })[field], theirs);
      assert.equal(read({ ...rest, [key]: "  " }, { [env]: ` ${theirs} ` })[field], theirs, "blank counts as not set");
    });
  }

  for (const given of [
    "https://ica.example",
    "https://ica.example/",
    "https://ica.example/ica/rest",
    "https://ica.example/ica/rest/",
  ]) {
    it(`finds the REST calls of ${given}`, () => {
      assert.equal(read({ "ica:apiKey": "k", "ica:baseUrl": given }).baseUrl, "https://ica.example/ica/rest");
    });
  }

  it("needs no more than the API key", () => {
    assert.deepEqual(read({ "ica:apiKey": "k" }), {
      apiKey: "k",
      baseUrl: publicBaseUrl,
      projectId: undefined,
      region: undefined,
      s3Endpoint: undefined,
      layerCacheSize: defaultLayerCacheSize,
    });
  });

  it("takes the size of the layer cache in the words people use", () => {
    const size = (text: string) => read({ "ica:apiKey": "k" }, { ICA_LAYER_CACHE_SIZE: text }).layerCacheSize;
    assert.deepEqual(["0", "1000", "500MB", "1.5 gb", "2T", "20G"].map(size), [0, 1000, 5e8, 1.5e9, 2e12, 2e10]);
    assert.equal(
      read({ "ica:apiKey": "k", "ica:layerCacheSize": "1GB" }, { ICA_LAYER_CACHE_SIZE: "2GB" }).layerCacheSize,
      1e9,
    );
    for (const wrong of ["much", "-1", "20 apples", "1e9", "GB", "99999999999T"])
      assert.throws(
        () => size(wrong),
        /ica:layerCacheSize \(or ICA_LAYER_CACHE_SIZE\) is not a size such as 20GB/,
        wrong,
      );
  });

  it("tells everything that is wrong at once, with the names and commands that mend it", () => {
    assert.throws(
      () => read({ "ica:baseUrl": "ica.illumina.com" }, { ICA_S3_ENDPOINT: "ftp://store" }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /ica:apiKey is not set/);
        assert.match(error.message, /pulumi config set --secret ica:apiKey/);
        assert.match(error.message, /ICA_API_KEY/);
        assert.match(error.message, /ica-bench emulator start/);
        assert.match(error.message, /ica:baseUrl \(or ICA_BASE_URL\) is not a web address: ica\.illumina\.com/);
        assert.match(error.message, /ica:s3Endpoint \(or ICA_S3_ENDPOINT\) is not a web address: ftp:/);
        return true;
      },
    );
  });

  it("takes no password in an address, and does not show it", () => {
    assert.throws(
      () => read({ "ica:apiKey": "k", "ica:baseUrl": "https://me:hunter2@ica.example" }),
      (error: unknown) =>
        error instanceof ConfigError &&
        /must not hold a user name or password/.test(error.message) &&
        !error.message.includes("hunter2"),
    );
  });

  it("never shows the API key in its errors", () => {
    assert.throws(
      () => read({ "ica:apiKey": "very-secret", "ica:baseUrl": "nowhere" }),
      (error: unknown) => error instanceof ConfigError && !error.message.includes("very-secret"),
    );
  });

  it("says how to name a project", () => {
    assert.match(missingProject(), /pulumi config set ica:projectId/);
    assert.match(missingProject(), /ICA_PROJECT_ID/);
  });
});
