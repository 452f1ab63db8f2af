import { strict as assert } from "node:assert";
import fc from "fast-check";
import { creationKey, otherType } from "../../../provider/workspace/ownership/owner";
import { settingsOf } from "../../../provider/workspace/state";
import { projectId } from "../../support/context";
import { workspaceInputs } from "../../support/factories";

/** One call that creates a workspace, by all that its key depends on, and what it does not depend on. */
interface Call {
  readonly stack: string;
  readonly project: string;
  readonly type: string;
  readonly icaProject: string;
  readonly name: string;
  readonly storageGb: number;
  readonly allowedUrls: string[];
  readonly generation: number;
}

const word = fc.stringMatching(/^[a-z][a-z0-9._-]{0,30}$/);
const call: fc.Arbitrary<Call> = fc.record({
  stack: word,
  project: word,
  type: fc.constantFrom("pulumi-nodejs:dynamic/ica:Workspace", "ica:index:Workspace"),
  icaProject: fc.uuid(),
  name: word,
  storageGb: fc.integer({ min: 10, max: 1000 }),
  allowedUrls: fc.uniqueArray(fc.constantFrom("https://a.org", "https://b.org", "*.c.org")),
  generation: fc.nat(20),
});

/** Where the resource is in its program. */
const place = fc.record({
  parents: fc.array(fc.constantFrom("my:index:Team", "other:Group"), { maxLength: 2 }),
  resource: fc.oneof(word, fc.constantFrom("a::b", "a$b", "ica:index:Workspace")),
});

function keyOf(of: Call, { parents, resource }: { parents: string[]; resource: string }): string {
  const { stack, project, type, icaProject, generation, ...declared } = of;
  const urn = `urn:pulumi:${stack}::${project}::${[...parents, type].join("$")}::${resource}`;
  return creationKey(urn, icaProject, settingsOf(workspaceInputs(declared)), generation);
}

describe("the key of the call that creates a workspace", () => {
  it("is the same for the same owner, wherever the resource is in the program, and fits into the header", () => {
    fc.assert(
      fc.property(call, place, place, (one, here, there) => {
        const key = keyOf(one, here);
        assert.equal(key, keyOf(one, there));
        assert.match(key, /^[\x21-\x7e]{1,255}$/);
      }),
    );
  });

  it("is another one for another stack, project, type, ICA project, setting or generation", () => {
    fc.assert(
      fc.property(call, call, place, (one, other, here) => {
        for (const field of Object.keys(one) as (keyof Call)[]) {
          const changed = { ...one, [field]: other[field] };
          const isSame = JSON.stringify(changed) === JSON.stringify(one);
          assert.equal(keyOf(one, here) === keyOf(changed, here), isSame, field);
        }
      }),
    );
  });

  it("does not depend on the order in which the settings are written", () => {
    const settings = settingsOf(workspaceInputs());
    const reversed = Object.fromEntries(Object.entries(settings).reverse()) as typeof settings;
    assert.equal(
      creationKey("urn:pulumi:s::p::t::n", "1", settings, 0),
      creationKey("urn:pulumi:s::p::t::n", "1", reversed, 0),
    );
  });

  it("shows nothing of what it is made of", () => {
    fc.assert(
      fc.property(call, place, (one, here) => {
        const key = keyOf({ ...one, stack: `stack-${one.stack}`, name: `name-${one.name}` }, here);
        assert.match(key, /^pulumi-ica-[0-9a-f]{64}$/);
      }),
    );
  });

  it("proves nothing when there is no URN: it is never the same", () => {
    const settings = settingsOf(workspaceInputs());
    assert.notEqual(creationKey(undefined, projectId, settings, 0), creationKey(undefined, projectId, settings, 0));
  });

  it("goes with the type that an alias has to name: the one that the resource does not have", () => {
    const urnOf = (type: string) => `urn:pulumi:s::p::my:index:Team$${type}::n`;
    assert.equal(otherType(urnOf("ica:index:Workspace")), "pulumi-nodejs:dynamic/ica:Workspace");
    assert.equal(otherType(urnOf("pulumi-nodejs:dynamic/ica:Workspace")), "ica:index:Workspace");
  });
});
