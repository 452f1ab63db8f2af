import { strict as assert } from "node:assert";
import crypto from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sinon from "sinon";
import { Auth } from "../../../emulator/http/auth";
import { Store } from "../../../emulator/state/store";

describe("an API key that the emulator generates", () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), "api-keys-"));
  });

  afterEach(async () => {
    sinon.restore();
    await rm(dir, { recursive: true, force: true });
  });

  it("never begins with a hyphen: `pulumi config set ica:apiKey KEY` would treat it as an option", async () => {
    const auth = await Auth.open(new Store(dir), 60);
    // In base64url these bytes begin with "-".
    sinon.stub(crypto, "randomBytes").callsFake(((size: number) => Buffer.alloc(size, 0xfb)) as never);
    assert.match(await auth.issueKey("ada"), /^[0-9a-z]/);
  });
});
