import { Client } from "ssh2";

/** The address of a console and its login: in a workspace the password is an API key. */
export interface Console {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** Runs one command over SSH, as `ssh -p PORT USER@HOST COMMAND` does. */
export function overSsh(to: Console, command: string): Promise<{ output: string; code: number }> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.once("error", reject);
    client.once("ready", () => {
      client.exec(command, (error, channel) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        let output = "";
        const collect = (chunk: Buffer) => {
          output += chunk.toString();
        };
        channel.on("data", collect);
        channel.stderr.on("data", collect);
        channel.once("close", (code: number | null) => {
          client.end();
          resolve({ output: output.trim(), code: code ?? -1 });
        });
      });
    });
    client.connect({ host: to.host, port: to.port, username: to.user, password: to.password });
  });
}
