import { z } from "zod";
import { cut, withoutFullStop } from "../../error-message";

/** What is null, or has another form, is as good as not there; the other fields are still worth showing. */
const text = z.string().optional().catch(undefined);

/**
 * A problem as ICA reports it (RFC 7807). Everything is optional on purpose: a proxy or gateway in between may answer with
 * less, or in other words.
 */
const problemSchema = z.object({
  title: text,
  detail: text,
  type: text,
  id: text,
  parameters: z.record(z.string(), z.unknown()).optional().catch(undefined),
  /** Instead of title and detail: how gateways, frameworks and OAuth word it. */
  error: text,
  message: text,
  error_description: text,
});

export type Problem = z.infer<typeof problemSchema>;

/** What went wrong, in the terms a caller decides by. */
export type IcaErrorKind =
  /** ICA answered with an error status. */
  | "refused"
  /** No answer: connection refused, reset, timed out. Whether the call took effect is not known. */
  | "unreachable"
  /** An answer that does not have the documented form. */
  | "unexpected"
  /** The call was given up because the caller was aborted. */
  | "aborted";

/** A failed call to ICA. The message names the call, ICA's own words and, where there is one, what to do. */
export class IcaError extends Error {
  override readonly name = "IcaError";
  readonly kind: IcaErrorKind;
  /** For example `GET /api/dockerImages`. */
  readonly call: string;
  /** The HTTP status; absent when there was no answer. */
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

  /** Only this means that something does not exist (any more). */
  get isNotFound(): boolean {
    return this.kind === "refused" && this.status === 404;
  }

  /** Whether ICA may have done what was asked although the call failed. */
  get isAmbiguous(): boolean {
    return this.kind !== "refused" || (this.status !== undefined && this.status >= 500);
  }
}

/** Builds the error for an answer with an error status; `location`: where it leads to, if that is what it says. */
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

/** Characters that are shown of one part of what ICA says, of a page in its place, and of an address. */
const longestPart = 500;
const longestPage = 300;
const longestAddress = 300;
/** Characters of a page that are looked at: its first words are in there. */
const lookedAt = 64 * 1024;

function refusalMessage(problem: Problem | undefined, body: unknown): string {
  const title = problem?.title ?? problem?.error;
  const detail = problem?.detail ?? problem?.message ?? problem?.error_description;
  const words = [title, detail === title ? undefined : detail, attributeErrors(problem)]
    .filter((part): part is string => part !== undefined && part.trim() !== "")
    .map((part) => withoutFullStop(cut(part.trim(), longestPart)))
    .join(": ");
  if (words !== "")
    return problem?.id === undefined ? words : `${words} (ICA's reference ${cut(problem.id, longestPart)})`;
  return typeof body === "string" ? cut(textOfPage(body.slice(0, lookedAt)), longestPage) : "";
}

/** What a page says, without its tags. A tag holds no other one: so the time is linear, also for a page of nothing but "<". */
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
  if (status >= 300 && status < 400 && location !== undefined)
    return `It leads to ${cut(location.replace(/[?#].*$/s, ""), longestAddress)}, and is not followed with a key: set ica:baseUrl (or ICA_BASE_URL) to ICA's own address.`;
  if (status === 401) return "Check the API key (ica:apiKey or ICA_API_KEY): it may have expired or been revoked.";
  if (status === 403) return "The owner of the API key lacks a permission for this in the project or tenant.";
  if (status === 429)
    return "ICA limits the rate of calls; it did so for longer than the retries last. Try again later.";
  if (status >= 500) return "ICA has a fault of its own; running the same command again is safe.";
  return "";
}
