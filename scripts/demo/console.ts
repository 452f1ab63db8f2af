import { Client } from "ssh2";

/** Runs one command in a workspace, as a user does with `ssh -p PORT ica@HOST`: the password is an API key. */
export function inWorkspace(
  place: { host: string; port: number; apiKey: string },
  command: string,
): Promise<{ output: string; code: number }> {
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
        channel.on("data", (chunk: Buffer) => {
          output += chunk.toString();
        });
        channel.stderr.on("data", (chunk: Buffer) => {
          output += chunk.toString();
        });
        channel.once("close", (code: number | null) => {
          client.end();
          resolve({ output: output.trimEnd(), code: code ?? -1 });
        });
      });
    });
    client.connect({ host: place.host, port: place.port, username: "ica", password: place.apiKey });
  });
}
