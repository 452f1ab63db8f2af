import { utils } from "ssh2";
import { z } from "zod";
import type { Store } from "../../store";

const hostKey = z.object({ privateKey: z.string() });

/** The host key of the SSH gateway, the same at every start. It is the emulator's own, no secret of ICA's. */
export async function loadHostKey(store: Store): Promise<string> {
  const collection = await store.collection("console", hostKey);
  const known = collection.get("host-key");
  if (known !== undefined) {
    return known.privateKey;
  }
  const { private: privateKey } = utils.generateKeyPairSync("ed25519");
  await collection.put("host-key", { privateKey });
  return privateKey;
}
