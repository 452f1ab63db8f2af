import { z } from "zod";
import { cut, withoutFullStop } from "../../error-message";

/** A field that is null or has another type counts as missing, so that the other fields can still be shown. */
const text = z.string().optional().catch(undefined);

/**
 * A problem as ICA reports it (RFC 7807). Every field is optional on purpose: a proxy or gateway on the way may send fewer
 * fields or other ones.
 */
const problemSchema = z.object({
  title: text,
  detail: text,
  type: text,
  id: text,
  parameters: z.record(z.string(), z.unknown()).optional().catch(undefined),
  /** The names that gateways, frameworks and OAuth use instead of title and detail. */
  error: text,
  message: text,
  error_description: text,
});

export type Problem = z.infer<typeof problemSchema>;

/** What went wrong, as far as callers need to distinguish it. */
export type IcaErrorKind =
  /** ICA answered with an error status. */
  | "refused"
  /** No response: connection refused, reset or timed out. The call may or may not have taken effect. */
  | "unreachable"
  /** A response that does not have the documented form. */
  | "unexpected"
  /** The run was cancelled before ICA answered. The cause is the reason. */
  | "aborted";

/** A failed call to ICA. The message contains the call, ICA's own words and, if there is one, the action to take. */
export class IcaError extends Error {
  override readonly name = "IcaError";
  readonly kind: IcaErrorKind;
  /** For example `GET /api/dockerImages`. */
  readonly call: string;
  /** The HTTP status; undefined when there was no response. */
  readonly status: number | undefined;
  readonly problem: Problem | undefined;

  constructor(
    fields: { kind: IcaErrorKind; call: string; message: string; status?: number; problem?: Problem },
    options?: ErrorOptions,
  ) {
    super(fields.message, options);
    this.kind = fields.kind;
    this.call = fields.call;
    this.status = fields.status;
    this.problem = fields.problem;
  }

  /** Only this means that something does not exist, or no longer exists. */
  get isNotFound(): boolean {
    return this.kind === "refused" && this.status === 404;
  }

  /** Whether ICA may have carried out the request although the call failed. */
  get isAmbiguous(): boolean {
    return this.kind !== "refused" || (this.status !== undefined && this.status >= 500);
  }
}

/** Builds the error for a response with an error status. `location` is the redirect target, if there is one. */
export function refusal(call: string, status: number, body: unknown, location?: string): IcaError {
  const parsed = problemSchema.safeParse(body);
  const problem = parsed.success ? parsed.data : undefined;
  const words = refusalMessage(problem, body);
  const advice = adviceFor(status, location);
  const said = words === "" ? "and gave no reason" : `and said: ${words}`;
  return new IcaError({
    kind: "refused",
    call,
    status,
    ...(problem === undefined ? {} : { problem }),
    message: `${call} was refused: ICA answered ${status} ${said}.${advice === "" ? "" : ` ${advice}`}`,
  });
}

/** Largest number of characters shown of one part of ICA's words, of an HTML page, or of an address. */
const longestPart = 500;
const longestPage = 300;
const longestAddress = 300;
/** Number of characters of a page to search; its first words are within them. */
const lookedAt = 64 * 1024;

function refusalMessage(problem: Problem | undefined, body: unknown): string {
  const title = problem?.title ?? problem?.error;
  const detail = problem?.detail ?? problem?.message ?? problem?.error_description;
  const words = [title, detail === title ? undefined : detail, attributeErrors(problem)]
    .filter((part): part is string => part !== undefined && part.trim() !== "")
    .map((part) => withoutFullStop(cut(part.trim(), longestPart)))
    .join(": ");
  if (words !== "") {
    return problem?.id === undefined ? words : `${words} (ICA's reference ${cut(problem.id, longestPart)})`;
  }
  return typeof body === "string" ? cut(textOfPage(body.slice(0, lookedAt)), longestPage) : "";
}

/**
 * The text of an HTML page, without tags. A tag cannot contain another tag, so the time is linear, even for a page of only
 * "<".
 */
function textOfPage(page: string): string {
  return page
    .replace(/<[^<>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
}

function attributeErrors(problem: Problem | undefined): string | undefined {
  const parameters = problem?.parameters;
  return parameters === undefined || Object.keys(parameters).length === 0 ? undefined : JSON.stringify(parameters);
}

function adviceFor(status: number, location: string | undefined): string {
  if (status >= 300 && status < 400 && location !== undefined) {
    return `It leads to ${cut(location.replace(/[?#].*$/s, ""), longestAddress)}, and is not followed with a key: set ica:baseUrl (or ICA_BASE_URL) to ICA's own address.`;
  }
  if (status === 401) {
    return "Check the API key (ica:apiKey or ICA_API_KEY): it may have expired or been revoked.";
  }
  if (status === 403) {
    return "The owner of the API key lacks a permission for this in the project or tenant.";
  }
  if (status === 429) {
    return "ICA limits the rate of calls; it did so for longer than the retries last. Try again later.";
  }
  if (status >= 500) {
    return "ICA has a fault of its own; running the same command again is safe.";
  }
  return "";
}
