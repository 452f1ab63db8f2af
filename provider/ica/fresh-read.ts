/**
 * Shares one read among all callers that ask before it begins. Each result is as fresh as the caller's own read, since the
 * read began after the request. Callers that ask while a read is running share the next one.
 */
export class FreshRead<T> {
  readonly #read: () => Promise<T>;
  #underWay: Promise<unknown> = Promise.resolve();
  #next: Promise<T> | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  ask(): Promise<T> {
    this.#next ??= this.#afterThisOne();
    return this.#next;
  }

  async #afterThisOne(): Promise<T> {
    await Promise.allSettled([this.#underWay]);
    this.#next = undefined;
    const answer = this.#read();
    this.#underWay = answer;
    return answer;
  }
}
