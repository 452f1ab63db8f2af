import { PartialError } from "../../provider/handler";

/** The error of a step that fails although the resource exists. Throws any other error, and throws on success. */
export async function partialOf<State>(step: Promise<unknown>): Promise<PartialError<State>> {
  try {
    await step;
  } catch (error) {
    if (error instanceof PartialError) return error;
    throw error;
  }
  throw new Error("it should have failed");
}
