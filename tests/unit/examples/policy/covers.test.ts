import { strict as assert } from "node:assert";
import fc from "fast-check";
import { covers } from "../../../../examples/policy/covers";

const schemes = ["http", "https"] as const;
const hosts = ["example.org", "a.example.org", "x.a.example.org", "y.a.example.org", "badexample.org", "other.org"];
const ports = [80, 443, 8443];
const paths = ["", "/pub", "/pub/data", "/public"];

interface Written {
  readonly scheme: (typeof schemes)[number] | undefined;
  readonly wildcard: boolean;
  readonly host: string;
  readonly port: number | undefined;
  readonly path: string;
}

const written: fc.Arbitrary<Written> = fc.record({
  scheme: fc.constantFrom(...schemes, undefined),
  wildcard: fc.boolean(),
  // A wildcard below a host that has nothing below it in this world would prove nothing.
  host: fc.constantFrom(...hosts.filter((host) => !/^[xy]\./.test(host))),
  port: fc.constantFrom(...ports, undefined),
  path: fc.constantFrom(...paths),
});

const text = ({ scheme, wildcard, host, port, path }: Written): string =>
  `${scheme === undefined ? "" : `${scheme}://`}${wildcard ? "*." : ""}${host}${port === undefined ? "" : `:${port}`}${path}`;

/**
 * Every address of this small world that an entry means, or opens, written out one by one. A proxy sees the host of an https
 * address, and not its path.
 */
function reached({ scheme, wildcard, host, port, path }: Written, what: "meant" | "opened"): Set<string> {
  const found = new Set<string>();
  for (const s of schemes)
    for (const h of [...hosts, "z.badexample.org", "z.other.org"])
      for (const p of ports)
        for (const at of [...paths, "/pub/data/1", "/public/1"]) {
          const usual = s === "http" ? 80 : 443;
          const allowed =
            (scheme ?? s) === s &&
            (wildcard ? h !== host && h.endsWith(`.${host}`) : h === host) &&
            p === (port ?? usual) &&
            (path === "" || (what === "opened" && s === "https") || at === path || at.startsWith(`${path}/`));
          if (allowed) found.add(`${s}://${h}:${p}${at}`);
        }
  return found;
}

describe("an entry of the policy's list of allowed URLs", () => {
  it("covers another entry exactly if it allows all that the other one opens", () => {
    fc.assert(
      fc.property(written, written, (listed, declared) => {
        const outer = reached(listed, "meant");
        assert.equal(
          covers(text(listed), text(declared)),
          [...reached(declared, "opened")].every((address) => outer.has(address)),
          `${text(listed)} and ${text(declared)}`,
        );
      }),
      { numRuns: 3_000 },
    );
  });

  it("covers itself, in other spellings too", () => {
    for (const [listed, declared] of [
      ["https://CRAN.r-project.org/", "https://cran.r-project.org"],
      ["https://cran.r-project.org", "https://cran.r-project.org:443/"],
      ["cran.r-project.org.", "cran.r-project.org"],
      ["https://*.example.org", "https://*.example.org"],
    ] as const)
      assert.ok(covers(listed, declared), `${listed} covers ${declared}`);
  });

  it("covers no https entry by its path, since that opens the whole host", () => {
    assert.ok(!covers("https://example.org/pub", "https://example.org/pub/data"));
    assert.ok(!covers("example.org/pub", "example.org/pub"));
    assert.ok(covers("https://example.org", "https://example.org/pub"));
  });

  it("covers no path that leads out of it", () => {
    for (const path of ["../other", "..", "./../other", "%2e%2e/other", ".%2E/other", "data/../../other"])
      assert.ok(!covers("http://example.org/pub", `http://example.org/pub/${path}`), path);
    assert.ok(covers("http://example.org/pub", "http://example.org/pub/..data/v1.2/a..b"));
  });

  it("covers nothing if one of them is not an entry", () => {
    for (const text of ["", "*", "ftp://example.org", "a@example.org", "https://", "exa mple.org"]) {
      assert.ok(!covers(text, "example.org"), `"${text}" is not on a list`);
      assert.ok(!covers("example.org", text), `"${text}" is not allowed`);
      assert.ok(!covers(text, text));
    }
  });
});
