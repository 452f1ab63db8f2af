import { setTimeout as delay } from "node:timers/promises";
import { Client } from "ssh2";
import { z } from "zod";

/** The sshd of a workspace as the gateway reaches it. */
export interface Inside {
  readonly port: number;
  readonly privateKey: string;
}

const insidePatienceMs = 10_000;

/**
 * Logs in to a workspace. Its sshd may need a moment after the start, so a refused or reset connection is retried for
 * ten seconds, or for a shorter limit that the caller gives. Errors say what to check in the image.
 */
export async function connectInside(
  inside: Inside,
  username: string,
  patienceMs: number = insidePatienceMs,
): Promise<Client> {
  const end = Date.now() + Math.min(patienceMs, insidePatienceMs);
  for (;;) {
    try {
      return await connect(inside, username);
    } catch (error) {
      const level = z.object({ level: z.string() }).safeParse(error).data?.level;
      if (level === "client-authentication") {
        throw new Error(
          `The workspace's sshd refused user "${username}" with /etc/workspace-auth/pubKey. ` +
            "Use the name that UID 1000 has in the image, and check AuthorizedKeysFile in its sshd_config.",
          { cause: error },
        );
      }
      if (Date.now() > end) {
        const words = error instanceof Error ? error.message : String(error);
        throw new Error(`The workspace's sshd does not answer on port 2222 (${words}). Does ica_start.sh start it?`, {
          cause: error,
        });
      }
      await delay(250);
    }
  }
}

function connect({ port, privateKey }: Inside, username: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client
      .once("ready", () => resolve(client))
      .on("error", reject)
      .connect({ host: "127.0.0.1", port, username, privateKey, readyTimeout: insidePatienceMs });
  });
}
