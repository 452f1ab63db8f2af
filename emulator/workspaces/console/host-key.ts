import { utils } from "ssh2";
import { z } from "zod";
import type { Store } from "../../state/store";

const hostKey = z.object({ privateKey: z.string() });

/** The host key of the SSH gateway, the same at every start. It is the emulator's own, no secret of ICA's. */
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
 * A new host key. ssh2 drops zeros at the start of the public half, which makes one ed25519 key of 256 a key that no
 * one can read (https://github.com/mscdex/ssh2/issues/1513): such a key is made anew.
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
