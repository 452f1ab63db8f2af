import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { TestEmulator } from "../support";

describe("a request to change the protocol", () => {
  it("does not end the emulator when its client resets the connection", async () => {
    const ica = await TestEmulator.start({ containers: false });
    const { port } = new URL(ica.emulator.url);
    const request = "GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const uncaught: Error[] = [];
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException").on("uncaughtException", (error) => uncaught.push(error));
    try {
      for (let each = 0; each < 50; each++) {
        const socket = connect(Number(port), "127.0.0.1");
        await once(socket, "connect");
        socket.write(request);
        // the answer is written to a connection that is gone
        socket.resetAndDestroy();
        await once(socket, "close");
      }
      assert.equal((await ica.call("GET", "/api/regions")).status, 200);
      await ica.close();
    } finally {
      process.removeAllListeners("uncaughtException");
      for (const other of others) process.on("uncaughtException", other);
    }
    assert.deepEqual(uncaught, []);
  });
});
