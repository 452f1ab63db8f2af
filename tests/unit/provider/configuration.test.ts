import assert from "node:assert/strict";
import {
  ConfigError,
  defaultLayerCacheSize,
  missingProject,
  publicBaseUrl,
  readConfig,
  spareApiKey,
} from "../../../provider/config";

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
    const [ours, theirs] =
      key === "ica:projectId" ? ["p-1", "p-2"] : ["https://stack.example/ica/rest", "https://env.example/ica/rest"];
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
      from: {
        apiKey: "ica:apiKey in the stack's configuration",
        baseUrl: "the default, since neither ica:baseUrl nor ICA_BASE_URL is set",
      },
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
      assert.throws(() => size(wrong), /ICA_LAYER_CACHE_SIZE in the environment is not a size such as 20GB/, wrong);
  });

  it("reports everything that is wrong at once, with the names and commands that fix it", () => {
    assert.throws(
      () => read({ "ica:baseUrl": "ica.illumina.com" }, { ICA_S3_ENDPOINT: "ftp://store" }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /ica:apiKey is not set/);
        assert.match(error.message, /pulumi config set --secret ica:apiKey/);
        assert.match(error.message, /ICA_API_KEY/);
        assert.match(error.message, /ica-bench emulator start/);
        assert.match(
          error.message,
          /ica:baseUrl in the stack's configuration is not a web address \(.*\): ica\.illumina\.com/,
        );
        assert.match(error.message, /ICA_S3_ENDPOINT in the environment is not a web address \(.*\): ftp:/);
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

  const k = { "ica:apiKey": "k" };
  const faults: [string, Record<string, string>, Record<string, string>, RegExp][] = [
    [
      "a key in quotation marks",
      {},
      { ICA_API_KEY: '"s3cret"\n' },
      /ICA_API_KEY in the environment is in quotation marks/,
    ],
    [
      "a key of two lines",
      { "ica:apiKey": "s3cret\nmore" },
      {},
      /ica:apiKey in the stack's configuration holds a .*line break/,
    ],
    [
      "an address in quotation marks",
      k,
      { ICA_BASE_URL: "'https://a'" },
      /ICA_BASE_URL in the environment is in quotation/,
    ],
    ["an address with a query", { ...k, "ica:baseUrl": "https://a/ica/rest?x=1" }, {}, /without "\?" and "#"/],
    ["an address with a fragment", { ...k, "ica:baseUrl": "https://a/ica/#/projects" }, {}, /without "\?" and "#"/],
    [
      "an address without a scheme",
      k,
      { ICA_BASE_URL: "ica.illumina.com:443" },
      /ICA_BASE_URL in the environment is not a web/,
    ],
    [
      "a store in quotation marks",
      k,
      { ICA_S3_ENDPOINT: '"http://s"' },
      /ICA_S3_ENDPOINT in the environment is in quotation/,
    ],
    [
      "a region in quotation marks",
      { ...k, "ica:region": '"use1"' },
      {},
      /ica:region in the stack's config.* in quotation/,
    ],
    [
      "a project by its name",
      { ...k, "ica:projectId": "my project" },
      {},
      /ica:projectId in the .* is not the id of a project/,
    ],
    ["a project in quotation marks", k, { ICA_PROJECT_ID: '"1"' }, /ICA_PROJECT_ID in the environment is not the id/],
  ];
  for (const [what, values, env, words] of faults)
    it(`refuses ${what}, and names its source`, () => {
      assert.throws(
        () => read(values, env),
        (error: unknown) => {
          assert.ok(error instanceof ConfigError);
          assert.match(error.message, words);
          assert.doesNotMatch(error.message, /s3cret/);
          return true;
        },
      );
    });

  it("takes a value with a line break at its end, as a file gives it", () => {
    assert.equal(read({}, { ICA_API_KEY: "key\n" }).apiKey, "key");
    assert.equal(read(k, { ICA_BASE_URL: "https://a/ica/rest\r\n" }).baseUrl, "https://a/ica/rest");
  });

  it("of the last `pulumi up` does not say that a key is not set: it may have been set since", () => {
    assert.throws(
      () => readConfig(stack({}), {}, { ofLastUp: true }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.match(error.message, /the stack had no ica:apiKey at its last "pulumi up", and ICA_API_KEY is not set/);
        assert.doesNotMatch(error.message, /ica:apiKey is not set/);
        return true;
      },
    );
  });

  it("has a spare key in the environment, unless that one is for another ICA", () => {
    const spare = (env: Record<string, string>) => spareApiKey(read({ ...k, "ica:baseUrl": "https://a" }, env), env);
    assert.equal(spare({ ICA_API_KEY: "new" }), "new");
    assert.equal(spare({ ICA_API_KEY: "new", ICA_BASE_URL: "https://a/ica/rest/" }), "new");
    assert.equal(spare({ ICA_API_KEY: "new", ICA_BASE_URL: "https://b/ica/rest" }), undefined);
    assert.equal(spare({ ICA_API_KEY: "k" }), undefined);
    assert.equal(spare({}), undefined);
  });

  it("says how to name a project", () => {
    assert.match(missingProject(), /pulumi config set ica:projectId/);
    assert.match(missingProject(), /ICA_PROJECT_ID/);
  });
});
