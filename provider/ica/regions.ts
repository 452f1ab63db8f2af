import { z } from "zod";
import { type Caller, media } from "./transport/http";

const regionSchema = z.object({ id: z.string(), code: z.string(), cityName: z.string().nullish() });

export type Region = z.infer<typeof regionSchema>;

/** Tag "Region". */
export class Regions {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** The regions that the tenant may use. */
  async list(): Promise<Region[]> {
    const { body } = await this.#call({
      method: "GET",
      path: "/api/regions",
      media: media.v3,
      answer: z.object({ items: z.array(regionSchema) }),
    });
    return body.items;
  }
}
