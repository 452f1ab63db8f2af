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

  /** Every data format the tenant knows. */
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
      // A page that brings nothing ends the list, whatever its token says: no endless loop on a server's mistake.
      pageToken = body.items.length === 0 ? "" : (body.nextPageToken ?? "");
    } while (pageToken !== "");
    return formats;
  }
}
