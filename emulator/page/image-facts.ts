import type { Images } from "../images/images";
import type { ImageRow } from "./protocol";

/** Milliseconds before asking the engine again for an image that it did not know. The image may arrive later. */
const askAgainMs = 10_000;

type Facts = NonNullable<ImageRow["docker"]>;

/** Looks up an image in the Docker engine by its name; undefined when the engine does not know it. */
export type Inspect = (reference: string) => Promise<Facts | undefined>;

/**
 * Size and layers of images, from the Docker engine. Fetches each once, in the background, because an image does not
 * change.
 */
export class ImageFacts {
  readonly #images: Pick<Images, "reference">;
  readonly #inspect: Inspect;
  readonly #known = new Map<string, { facts: Facts | undefined; asked: number }>();

  constructor(images: Pick<Images, "reference">, inspect: Inspect) {
    this.#images = images;
    this.#inspect = inspect;
  }

  /** Size and layers of an AVAILABLE image, once known. */
  of(id: string): Facts | undefined {
    const known = this.#known.get(id);
    if (known === undefined || (known.facts === undefined && Date.now() - known.asked > askAgainMs)) {
      this.#known.set(id, { facts: undefined, asked: Date.now() });
      // Without an engine the page shows an image without these facts. The log reports failures that need the engine.
      this.#inspect(this.#images.reference(id)).then(
        (facts) => this.#known.set(id, { facts, asked: Date.now() }),
        () => undefined,
      );
    }
    return this.#known.get(id)?.facts;
  }
}
