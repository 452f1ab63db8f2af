import { PartialError } from "../../provider/handler";

/** The failure that a step ends with when the resource exists all the same; anything else, a success included, is thrown. */
export async function partialOf<State>(step: Promise<unknown>): Promise<PartialError<State>> {
  try {
    await step;
  } catch (error) {
    if (error instanceof PartialError) return error;
    throw error;
  }
  throw new Error("it should have failed");
}
