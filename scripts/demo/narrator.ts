/** Narrates the demo with the time of each step. A claim that does not hold ends the demo. */

const wide = process.stdout.isTTY;
const bold = (text: string) => (wide ? `\x1b[1m${text}\x1b[0m` : text);
const dim = (text: string) => (wide ? `\x1b[2m${text}\x1b[0m` : text);

export interface Timed {
  readonly title: string;
  readonly seconds: number;
}

export class Narrator {
  readonly steps: Timed[] = [];

  /** One step: prints its title, its output, and how long it took. */
  async step(title: string, work: () => Promise<void>): Promise<void> {
    process.stdout.write(`\n${bold(`${this.steps.length + 1}. ${title}`)}\n`);
    const start = performance.now();
    await work();
    const seconds = (performance.now() - start) / 1000;
    this.steps.push({ title, seconds });
    process.stdout.write(dim(`   ${seconds.toFixed(1)} s\n`));
  }

  /** Prints something for the audience. */
  show(text: string): void {
    process.stdout.write(`${text.trimEnd().replace(/^/gm, "   ")}\n`);
  }

  /** A claim with its proof. Throws when it does not hold. */
  claim(holds: boolean, claim: string, seen = ""): void {
    if (!holds) throw new Error(`This should be so, and is not: ${claim}${seen === "" ? "" : `\n${seen}`}`);
    process.stdout.write(`   ✓ ${claim}\n`);
  }

  summary(): void {
    process.stdout.write(`\n${bold("Times")}\n`);
    for (const { title, seconds } of this.steps)
      process.stdout.write(`   ${seconds.toFixed(1).padStart(6)} s  ${title}\n`);
  }
}
