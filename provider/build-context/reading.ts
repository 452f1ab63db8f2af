import { NotRegularError } from "../bytes/regular-file";
import { ContextError } from "./error";

/** Turns a system error into an error at the property it belongs to. */
export async function reading<T>(
  path: string,
  read: () => Promise<T>,
  property: ContextError["property"] = "build.context",
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw unreadable(path, error, property);
  }
}

/** The same for a synchronous call. */
export function readingNow<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error, "build.context");
  }
}

export function isClosed(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
}

export function unreadable(path: string, error: unknown, property: ContextError["property"]): ContextError {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") {
    return new ContextError(property, `${path} does not exist`);
  }
  if (error instanceof NotRegularError) {
    return new ContextError(property, `${error.message}. Put a text file there.`);
  }
  if (isClosed(error)) {
    return new ContextError(
      property,
      `${path} may not be read by this user. Change its permissions, or leave it out with .dockerignore.`,
    );
  }
  return new ContextError(property, `${path} cannot be read: ${error instanceof Error ? error.message : error}`);
}
