import { z } from "zod";

/** What dockerode throws for an unsuccessful response of the engine. */
const answered = z.object({ statusCode: z.number(), json: z.object({ message: z.string() }).nullish() });

/** The HTTP status of the engine's response; undefined when the engine did not respond. */
export function dockerStatus(error: unknown): number | undefined {
  return answered.safeParse(error).data?.statusCode;
}

/** The engine's own message, without the wrapping of the HTTP client. */
export function dockerWords(error: unknown): string {
  const words = answered.safeParse(error).data?.json?.message;
  return words ?? (error instanceof Error ? error.message : String(error));
}

/** Resolves to undefined for the engine's 404 (not there), or for a status in `also`. Rethrows everything else. */
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
