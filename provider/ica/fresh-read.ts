/**
 * One read for all who ask before it begins. What they get is as good as a read of their own: it began after they asked. Who asks
 * while a read is under way shares the next one.
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
