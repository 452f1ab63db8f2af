import { z } from "zod";
import { cut, withoutFullStop } from "../../../provider/error-message";
import type { Clock } from "../../../provider/handler";
import { defaultRetryPolicy, retryAfterMs, retryDelay } from "../../../provider/ica/transport/retry";
import { httpFetch } from "../http-fetch";
import { CommentError, NotNow, TooLong } from "../problem";
import type { Posted, Thread } from "../thread";

/** A merge request, and who comments on it. */
export interface MergeRequest {
  /** Address of the API: `https://gitlab.com/api/v4`. */
  readonly api: string;
  readonly token: string;
  /** Id or path of the project. */
  readonly project: string;
  /** Number of the merge request in its project. */
  readonly iid: number;
  /** Address of the merge request, for people; undefined when it is not known. */
  readonly page: string | undefined;
}

const note = z.object({ id: z.int(), body: z.string(), system: z.boolean(), author: z.object({ id: z.int() }) });
const notes = z.array(note);
const user = z.object({ id: z.int() });
type Note = z.infer<typeof note>;

/** GitLab gives no more than this on a page. */
const pageSize = 100;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Request {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: string;
}

/** The notes of a merge request on GitLab (docs.gitlab.com/api/notes). GitLab has no way to minimise one. */
export class GitlabThread implements Thread {
  readonly #request: MergeRequest;
  readonly #clock: Clock;
  #author: Promise<number> | undefined;

  constructor(request: MergeRequest, clock: Clock) {
    this.#request = request;
    this.#clock = clock;
  }

  async find(isWanted: (body: string) => boolean): Promise<Posted[]> {
    const author = await this.#me();
    const found: Posted[] = [];
    for (let page = "1"; page !== ""; ) {
      const answer = await this.#read(`${this.#path()}?sort=asc&order_by=created_at&per_page=${pageSize}&page=${page}`);
      const mine = parsed(notes, answer).filter((each) => !each.system && each.author.id === author);
      found.push(...mine.filter(({ body }) => isWanted(body)).map((each) => this.#posted(each)));
      page = answer.headers.get("x-next-page") ?? "";
    }
    return found;
  }

  async read(id: number): Promise<string | undefined> {
    const answer = await this.#read(this.#path(id), true);
    return answer.status === 404 ? undefined : parsed(note, answer).body;
  }

  async create(body: string): Promise<Posted> {
    return this.#posted(parsed(note, await this.#write({ method: "POST", path: this.#path(), body })));
  }

  async update(id: number, body: string): Promise<Posted | undefined> {
    const answer = await this.#write({ method: "PUT", path: this.#path(id), body }, true);
    return answer.status === 404 ? undefined : this.#posted(parsed(note, answer));
  }

  async remove(id: number): Promise<void> {
    await this.#write({ method: "DELETE", path: this.#path(id) }, true);
  }

  #me(): Promise<number> {
    this.#author ??= this.#read("/user").then((answer) => parsed(user, answer).id);
    return this.#author;
  }

  #path(id?: number): string {
    const { project, iid } = this.#request;
    const all = `/projects/${encodeURIComponent(project)}/merge_requests/${iid}/notes`;
    return id === undefined ? all : `${all}/${id}`;
  }

  #posted({ id, body }: Note): Posted {
    const { page, project, iid } = this.#request;
    return { id, body, url: `${page ?? `${project}!${iid}`}#note_${id}`, hidden: false };
  }

  async #read(path: string, mayBeGone = false): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#call({ method: "GET", path }).catch((error: unknown) => {
        if (error instanceof Error) {
          return error;
        }
        throw error;
      });
      const isAnswer = !(answer instanceof Error);
      if (isAnswer && (answer.status < 300 || (mayBeGone && answer.status === 404))) {
        return answer;
      }
      const failure = isAnswer
        ? { status: answer.status, retryAfter: answer.headers.get("retry-after") ?? undefined }
        : { sent: false };
      const wait = retryDelay(failure, attempt, true, policy, Math.random, this.#clock.now());
      if (wait === undefined) {
        throw isAnswer ? this.#refused(answer) : this.#unreachable(answer);
      }
      await this.#clock.sleep(wait);
    }
  }

  /** Never repeated here: what reads the state before the write has to be repeated with it. */
  async #write(request: Request, mayBeGone = false): Promise<Answer> {
    const answer = await this.#call(request).catch((error: unknown) => {
      throw new NotNow(this.#unreachable(error).message, undefined);
    });
    const { status, headers } = answer;
    if (status < 300 || (mayBeGone && status === 404)) {
      return answer;
    }
    const problem = this.#refused(answer);
    if (status === 429 || status >= 500) {
      throw new NotNow(problem.message, retryAfterMs(headers.get("retry-after") ?? undefined, this.#clock.now()));
    }
    if (status === 413 || ((status === 400 || status === 422) && /too long/i.test(answer.text))) {
      throw new TooLong(problem.message);
    }
    throw problem;
  }

  async #call({ method, path, body }: Request): Promise<Answer> {
    const { api, token } = this.#request;
    const answer = await httpFetch(`${api}${path}`, {
      method,
      headers: {
        "PRIVATE-TOKEN": token,
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify({ body }) }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  #refused({ status, text }: Answer): CommentError {
    const { project, iid } = this.#request;
    const said = `merge request ${iid} of ${project}: GitLab answered ${status}: ${wordsOf(text)}`;
    const advice =
      status === 401 || status === 403
        ? ". GITLAB_TOKEN must be a project access token with the scope api and the role Reporter or more: CI_JOB_TOKEN may not write notes."
        : status === 404
          ? ". Check --repo and --pr. GITLAB_TOKEN must be allowed to see the project."
          : ".";
    return new CommentError(`${said}${advice}`);
  }

  #unreachable(error: unknown): CommentError {
    const why = error instanceof Error ? error.message : String(error);
    return new CommentError(
      `GitLab at ${new URL(this.#request.api).host} does not answer: ${why}. Run this job again.`,
    );
  }
}

const policy = { ...defaultRetryPolicy, attempts: 4, baseMs: 1000 };

const refusal = z.object({ message: z.unknown() }).or(z.object({ error: z.unknown() }));

/** GitLab's own words: `{"message": …}` with a text or an object, or `{"error": …}`. */
function wordsOf(text: string): string {
  let words: unknown = text;
  try {
    const { success, data } = refusal.safeParse(JSON.parse(text));
    if (success) {
      words = Object.values(data)[0];
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw error;
    }
  }
  return cut(withoutFullStop(typeof words === "string" ? words : JSON.stringify(words)), 300);
}

function parsed<T>(form: z.ZodType<T>, { text }: Answer): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) {
      throw error;
    }
  }
  const { success, data } = form.safeParse(value);
  if (success) {
    return data;
  }
  throw new CommentError("GitLab's answer does not have the documented form. Check CI_API_V4_URL.");
}
