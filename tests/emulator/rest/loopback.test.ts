import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { TestEmulator } from "../support";

const hasV6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

describe("the emulator's port", () => {
  before(function () {
    if (!hasV6) {
      Object.assign(this, { skipReason: "this machine has no ::1" });
      this.skip();
    }
  });

  it("is taken on both addresses that localhost means, so that no other program answers there", async () => {
    const ica = await TestEmulator.start();
    const { port } = new URL(ica.emulator.url);
    const document = "/ica/api/swagger/openapi.json";
    assert.equal((await fetch(`http://[::1]:${port}${document}`)).status, 200);
    await ica.close();
    await assert.rejects(fetch(`http://[::1]:${port}${document}`), "closed with the other one");
  });

  it("is not taken on one address when another program has the other", async () => {
    const other = createServer().listen(0, "::1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await assert.rejects(TestEmulator.start({ port }), new RegExp(`Port ${port} on ::1 is in use\\. Choose another`));
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`), "and gives the first half back");
    other.close();
  });
});
