import { utils } from "ssh2";
import { z } from "zod";
import type { Store } from "../../state/store";

const hostKey = z.object({ privateKey: z.string() });

/** The host key of the SSH gateway, the same at every start. It belongs to the emulator and is not a secret of ICA. */
export async function loadHostKey(store: Store): Promise<string> {
  const collection = await store.collection("console", hostKey);
  const known = collection.get("host-key");
  if (known !== undefined && isReadable(known.privateKey)) {
    return known.privateKey;
  }
  const privateKey = makeHostKey();
  await collection.put("host-key", { privateKey });
  return privateKey;
}

/**
 * Generates a host key. ssh2 drops leading zeros of the public half, which makes about one ed25519 key in 256
 * unreadable (https://github.com/mscdex/ssh2/issues/1513); this function then generates another.
 */
export function makeHostKey(): string {
  for (;;) {
    const { private: privateKey } = utils.generateKeyPairSync("ed25519");
    if (isReadable(privateKey)) {
      return privateKey;
    }
  }
}

function isReadable(privateKey: string): boolean {
  return !(utils.parseKey(privateKey) instanceof Error);
}
