import { z } from "zod";

/** What dockerode throws for an answer of the engine that is not a success. */
const answered = z.object({ statusCode: z.number(), json: z.object({ message: z.string() }).nullish() });

/** The HTTP status of the engine's answer; undefined when the engine did not answer at all. */
export function dockerStatus(error: unknown): number | undefined {
  return answered.safeParse(error).data?.statusCode;
}

/** The engine's own words, without the wrapping of the HTTP client. */
export function dockerWords(error: unknown): string {
  const words = answered.safeParse(error).data?.json?.message;
  return words ?? (error instanceof Error ? error.message : String(error));
}

/** Resolves to undefined where the engine says 404 (not there), or one of `also`. Everything else is thrown on. */
export async function ifThere<T>(call: Promise<T>, ...also: number[]): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    const status = dockerStatus(error);
    if (status !== undefined && (status === 404 || also.includes(status))) {
      return undefined;
    }
    throw error;
  }
}
