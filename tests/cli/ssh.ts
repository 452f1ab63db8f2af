import { Client } from "ssh2";
import type { Ready } from "./events";

/** Runs a command over SSH, with the one-time password, and gives what it wrote. */
export function overSsh(
  to: NonNullable<Ready["console"]>,
  command: string,
  password: string = to.password,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client
      .once("ready", () => {
        client.exec(command, (error, channel) => {
          if (error) {
            reject(error);
            return;
          }
          let output = "";
          channel.on("data", (chunk: Buffer) => {
            output += chunk.toString();
          });
          channel.stderr.on("data", (chunk: Buffer) => {
            output += chunk.toString();
          });
          channel.once("close", () => {
            client.end();
            resolve(output.trim());
          });
        });
      })
      .once("error", reject)
      .connect({ host: to.host, port: to.port, username: to.user, password });
  });
}
