import type { Images } from "../images/images";
import type { ImageRow } from "./protocol";

/** An image that the engine does not know may come: it is asked again after so many milliseconds. */
const ASK_AGAIN_MS = 10_000;

type Facts = NonNullable<ImageRow["docker"]>;

/** Asks the Docker engine for an image by its name; undefined when it does not know it. */
export type Inspect = (reference: string) => Promise<Facts | undefined>;

/** What the Docker engine says of images. Each is asked for once, in the background: an image does not change. */
export class ImageFacts {
  readonly #images: Pick<Images, "reference">;
  readonly #inspect: Inspect;
  readonly #known = new Map<string, { facts: Facts | undefined; asked: number }>();

  constructor(images: Pick<Images, "reference">, inspect: Inspect) {
    this.#images = images;
    this.#inspect = inspect;
  }

  /** Size and layers of an AVAILABLE image, once they are known. */
  of(id: string): Facts | undefined {
    const known = this.#known.get(id);
    if (known === undefined || (known.facts === undefined && Date.now() - known.asked > ASK_AGAIN_MS)) {
      this.#known.set(id, { facts: undefined, asked: Date.now() });
      // No engine, no facts: the page shows an image without them, and the log says what uses of the engine fail.
      this.#inspect(this.#images.reference(id)).then(
        (facts) => this.#known.set(id, { facts, asked: Date.now() }),
        () => undefined,
      );
    }
    return this.#known.get(id)?.facts;
  }
}
