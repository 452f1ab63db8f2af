import assert from "node:assert/strict";
import fc from "fast-check";
import { parseAllowedUrl } from "../../runtime/allowed-url";
import { squidRules } from "../../runtime/network/allow-list";

const rules = (...texts: string[]) => squidRules(texts.map(parseAllowedUrl)).split("\n");

describe("the list of allowed addresses", () => {
  it("reads a plain host as both protocols on their usual ports", () => {
    assert.deepEqual(rules("CRAN.R-project.org"), [
      "acl allowed0_host dstdomain -n cran.r-project.org",
      "acl allowed0_http port 80",
      "http_access allow !CONNECT plain_http allowed0_host allowed0_http !to_localhost",
      "acl allowed0_https port 443",
      "http_access allow CONNECT allowed0_host allowed0_https !to_localhost",
    ]);
  });

  it("keeps to the protocol that an entry names", () => {
    assert.deepEqual(rules("https://pypi.org/simple"), [
      "acl allowed0_host dstdomain -n pypi.org",
      "acl allowed0_https port 443",
      "http_access allow CONNECT allowed0_host allowed0_https !to_localhost",
    ]);
    assert.ok(!rules("http://pypi.org").some((rule) => rule.startsWith("http_access allow CONNECT")));
  });

  it("leaves the host itself out of *.host", () => {
    assert.deepEqual(rules("https://*.example.org").slice(0, 2), [
      "acl allowed0_host dstdomain -n .example.org",
      "acl allowed0_apex dstdomain -n example.org",
    ]);
    assert.equal(
      rules("https://*.example.org").at(-1),
      "http_access allow CONNECT allowed0_host !allowed0_apex allowed0_https !to_localhost",
    );
  });

  it("compares paths by whole segments and as literal text", () => {
    assert.ok(rules("http://a.org/v1.0").includes("acl allowed0_path urlpath_regex ^/v1\\.0(/|\\?|$)"));
    assert.deepEqual(rules("http://a.org/pub/"), rules("http://a.org/pub"));
    assert.ok(
      rules("http://a.org/pub").includes(
        "http_access allow !CONNECT plain_http allowed0_host allowed0_http allowed0_path !climbing !to_localhost",
      ),
    );
    assert.ok(!rules("http://a.org/").some((rule) => rule.includes("_path")));
  });

  it("takes ports, addresses and a final dot", () => {
    assert.ok(rules("http://a.org:8080").includes("acl allowed0_http port 8080"));
    assert.ok(rules("https://10.1.2.3").includes("acl allowed0_host dstdomain -n 10.1.2.3"));
    assert.equal(parseAllowedUrl("a.org.").host, "a.org");
  });

  it("never lets an entry write a rule of its own", () => {
    const line = /^(acl allowed0_\w+ (dstdomain -n|port|urlpath_regex) \S+|http_access allow [!\w ]+ !to_localhost)$/;
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl(), fc.domain()), (text) => {
        let parsed: ReturnType<typeof parseAllowedUrl>;
        try {
          parsed = parseAllowedUrl(text);
        } catch (error) {
          assert.ok(error instanceof Error);
          return;
        }
        for (const rule of squidRules([parsed]).split("\n")) {
          assert.match(rule, line);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
