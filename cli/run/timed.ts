import type { Reporter, Step } from "./events";

/** Runs a step of the checklist and reports its outcome. */
export async function timed<T>(
  reporter: Reporter,
  step: Step,
  work: () => Promise<T>,
  judge: (result: T) => { ok: boolean; detail?: string } = () => ({ ok: true }),
): Promise<T> {
  const started = performance.now();
  const tell = (ok: boolean, detail?: string) => {
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    reporter.tell({
      event: "step",
      step,
      state: ok ? "done" : "failed",
      seconds,
      ...(detail === undefined ? {} : { detail }),
    });
  };
  reporter.tell({ event: "step", step, state: "started" });
  try {
    const result = await work();
    const { ok, detail } = judge(result);
    tell(ok, detail);
    return result;
  } catch (error) {
    tell(false);
    throw error;
  }
}
