import assert from "node:assert/strict";
import fc from "fast-check";
import { checkAllowedUrl, normaliseAllowedUrl } from "../../../provider/workspace/allowed-urls";
import { checkWorkspace } from "../../../provider/workspace/inputs";
import { parseAllowedUrl } from "../../../runtime/allowed-url";
import { configFor } from "../../support/context";
import { anyText } from "../../support/declared-texts";
import { knownWorkspace } from "../../support/known";

const label = fc
  .stringMatching(/^[a-zA-Z0-9]([a-zA-Z0-9-]{0,8}[a-zA-Z0-9])?$/)
  .filter((text) => !/^https?$/i.test(text));
const entry = fc
  .record({
    scheme: fc.constantFrom("", "https://", "http://", "HTTPS://"),
    wildcard: fc.constantFrom("", "*."),
    labels: fc.array(label, { minLength: 1, maxLength: 4 }),
    port: fc.oneof(
      fc.constant(""),
      fc.integer({ min: 1, max: 65_535 }).map((port) => `:${port}`),
    ),
    path: fc.constantFrom("", "/", "/a", "/A/b/", "/a//"),
  })
  .map(({ scheme, wildcard, labels, port, path }) => `${scheme}${wildcard}${labels.join(".")}${port}${path}`);

describe("an allowed URL", () => {
  for (const good of [
    "https://cran.r-project.org",
    "http://example.org:8080/path/x",
    "*.example.org",
    "localhost",
    "10.0.0.1:443",
    "a.org.",
    "_dmarc.example.org",
    `${"a".repeat(63)}.org`,
    "http://example.org/a%20b/~c;d",
    "  https://example.org  ",
  ]) {
    it(`may be ${JSON.stringify(good)}`, () => assert.equal(checkAllowedUrl(good), undefined));
  }

  const bad: [string, RegExp][] = [
    ["ftp://example.org", /another scheme than http and https/],
    ["exam*ple.org", /wildcard/],
    ["a.*.org", /wildcard/],
    ["*", /wildcard/],
    ["http://*", /wildcard/],
    [".example.org", /starts with a dot\. Write two entries/],
    ["münchen.example", /outside ASCII/],
    ["http://a.org/é", /path that cannot be compared/],
    ["https://", /is not a URL/],
    ["https//cran.r-project.org", /is not a URL/],
    ["", /is not a URL/],
    [" ", /is not a URL/],
    ["two words", /is not a URL/],
    ["a b.org", /is not a URL/],
    ["-a.org", /is not a URL/],
    [`${"a".repeat(5000)}.org`, /more than 2048 characters/],
    [`${"a".repeat(64)}.org`, /is not a URL/],
    [`${"a.".repeat(126)}org`, /is not a URL/],
    ["https://example.org?x=1", /is not a URL/],
    ["https://user:pw@example.org", /is not a URL/],
    ["example.org:0", /port outside/],
    ["example.org:65536", /port outside/],
    ["a.org/../b", /path that cannot be compared/],
    ["http://h/%2e%2e/x", /path that cannot be compared/],
    ["a.org/%2e%2E/b", /path that cannot be compared/],
    ["a.org/%zz", /path that cannot be compared/],
    ["a.org/x?y=1", /path that cannot be compared/],
    ["a.org/#x", /path that cannot be compared/],
    ["a.org/x y", /path that cannot be compared/],
    ["a.org/\u202Ex", /path that cannot be compared/],
    ["a.org\nhttp_access allow all", /is not a URL/],
  ];
  for (const [text, why] of bad) {
    it(`may not be ${JSON.stringify(text)}`, () => assert.match(checkAllowedUrl(text) ?? "", why));
  }

  it("is shown without a password, and without what a terminal would act on", () => {
    assert.throws(
      () => parseAllowedUrl("https://user:s3cret@example.org\u001B[2J\u202E"),
      /"https:\/\/…@example\.org\\u001b\[2J\\u202e" has characters outside ASCII/,
    );
  });

  it("is taken by the gateway's list exactly if preview takes it", () => {
    const refused = (text: string) => {
      try {
        parseAllowedUrl(text);
        return false;
      } catch {
        return true;
      }
    };
    const address = fc
      .record({ scheme: fc.constantFrom("", "http://", "https//", "ftp://"), host: anyText(20), path: anyText(20) })
      .map(({ scheme, host, path }) => `${scheme}${host}/${path}`);
    fc.assert(
      fc.property(fc.oneof(entry, anyText(), address, fc.webUrl(), fc.domain()), (url) => {
        const { failures, inputs } = checkWorkspace(configFor("http://127.0.0.1:1"), {
          name: "genomics",
          image: "image-1",
          resourceModel: "standard-small",
          storageGb: 10,
          access: { web: true },
          network: "restricted",
          allowedUrls: [url],
        });
        assert.equal(failures.length > 0, refused(url), url);
        if (failures.length === 0)
          for (const sent of knownWorkspace(inputs).allowedUrls ?? []) assert.ok(!refused(sent), sent);
      }),
      { numRuns: 2000 },
    );
  });

  it("is written in lower case except for its path, without a trailing slash", () => {
    assert.equal(normaliseAllowedUrl(" HTTPS://Cran.R-project.org:0443/Web/ "), "https://cran.r-project.org:443/Web");
  });

  it("may be any host with or without scheme, wildcard, port and path", () => {
    fc.assert(fc.property(entry, (url) => assert.equal(checkAllowedUrl(url), undefined)));
  });

  it("stays as it is when it is written in the one way already", () => {
    const any = fc.oneof(entry, fc.string());
    fc.assert(
      fc.property(any, (url) => assert.equal(normaliseAllowedUrl(normaliseAllowedUrl(url)), normaliseAllowedUrl(url))),
    );
  });

  it("stays allowed when it is written in the one way", () => {
    fc.assert(fc.property(entry, (url) => assert.equal(checkAllowedUrl(normaliseAllowedUrl(url)), undefined)));
  });
});

describe("a list of allowed URLs", () => {
  const config = configFor("http://127.0.0.1:1");
  const taken = (allowedUrls: string[]) =>
    checkWorkspace(config, { network: "restricted", allowedUrls }).inputs.allowedUrls;

  it("does not change with order, repetition or a trailing slash", () => {
    const lists = fc
      .array(entry, { minLength: 1, maxLength: 6 })
      .chain((urls) => fc.tuple(fc.constant(urls), fc.shuffledSubarray(urls, { minLength: urls.length })));
    fc.assert(
      fc.property(lists, fc.boolean(), ([urls, shuffled], slash) => {
        const again = [...shuffled, ...urls].map((url) => (slash ? `${url}/` : url));
        assert.deepEqual(taken(again), taken(urls));
      }),
    );
  });
});
