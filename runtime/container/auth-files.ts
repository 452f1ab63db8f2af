import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { utils } from "ssh2";

/** Where a workspace finds its SSH keys (vendor's page about bench images). */
export const authFolder = "/etc/workspace-auth";

/** The three files that the vendor's example sshd uses: note `pubKey`, not `publicKey`. */
export interface AuthFiles {
  /** Logs in to the workspace, also between the machines of a cluster. */
  readonly privateKey: string;
  /** The public half of `privateKey`: one line, as AuthorizedKeysFile requires. */
  readonly pubKey: string;
  /** The host key of the workspace's own sshd. */
  readonly hostKey: string;
}

const generate = promisify(generateKeyPair);

/** Generates the keys of a workspace: RSA, as the vendor's page says. */
export async function makeAuthFiles(comment: string): Promise<AuthFiles> {
  const [privateKey, hostKey] = await Promise.all([rsaKey(), rsaKey()]);
  const parsed = utils.parseKey(privateKey);
  if (parsed instanceof Error) {
    throw parsed;
  }
  return { privateKey, pubKey: `ssh-rsa ${parsed.getPublicSSH().toString("base64")} ${comment}\n`, hostKey };
}

async function rsaKey(): Promise<string> {
  const { privateKey } = await generate("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  return privateKey;
}
