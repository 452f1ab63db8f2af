import { z } from "zod";
import { type Caller, media } from "./transport/http";

const formatSchema = z.object({ id: z.string(), code: z.string(), description: z.string().nullish() });

export type DataFormat = z.infer<typeof formatSchema>;

const pageSchema = z.object({ items: z.array(formatSchema), nextPageToken: z.string().nullish() });

const pageSize = 1000;

/** Tag "Data Format". */
export class DataFormats {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** All data formats of the tenant. */
  async list(): Promise<DataFormat[]> {
    const formats: DataFormat[] = [];
    let pageToken = "";
    do {
      const { body } = await this.#call({
        method: "GET",
        path: "/api/dataFormats",
        query: { pageSize: String(pageSize), pageToken: pageToken === "" ? undefined : pageToken },
        media: media.v3,
        answer: pageSchema,
      });
      formats.push(...body.items);
      // An empty page ends the list, even if it has a token: a faulty server must not cause an endless loop.
      pageToken = body.items.length === 0 ? "" : (body.nextPageToken ?? "");
    } while (pageToken !== "");
    return formats;
  }
}
