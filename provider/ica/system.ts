import { z } from "zod";
import { type Caller, media } from "./transport/http";

const infoSchema = z.object({ name: z.string(), version: z.string() });

/** Tag "System". */
export class SystemInfo {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Name and release of the platform. */
  async info(): Promise<z.infer<typeof infoSchema>> {
    const { body } = await this.#call({ method: "GET", path: "/api/system/info", media: media.v3, answer: infoSchema });
    return body;
  }
}
