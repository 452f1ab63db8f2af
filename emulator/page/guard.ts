import type { Request, RequestHandler, Response } from "express";
import { isPageHost } from "../http/loopback";
import { forbidden, unauthorized } from "../http/problem";
import type { Sessions } from "./sessions";

/** Where the page's own calls are; its cookie is sent to them and to nothing else. */
export const CALLS_PATH = "/page/api";

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // Text cannot become HTML or script by any way; lit-html makes its templates of constants of the page's own code.
  "require-trusted-types-for 'script'",
  "trusted-types lit-html",
].join("; ");

/** What every answer of the page carries: nothing from elsewhere, in no frame, read by no other site, kept by nobody. */
export const safeHeaders: RequestHandler = (_req, res, next) => {
  res.set({
    "Content-Security-Policy": POLICY,
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
  });
  next();
};

/**
 * Lets only the page itself call: under its own name, from its own origin. SameSite alone would not do, for every port of
 * `localhost` is the same site. A browser sends Origin with whatever is not a GET, and cannot be made to send another one.
 */
export const fromThePage: RequestHandler = (req, _res, next) => {
  const site = req.get("Sec-Fetch-Site") ?? "same-origin";
  const reads = req.method === "GET" || req.method === "HEAD";
  const ownOrigin = req.get("Origin") === `http://${req.get("Host")}`;
  if (!isPageHost(req.get("Host")) || site !== "same-origin" || !(reads || ownOrigin)) {
    throw forbidden("Only the emulator's own page may make this call. Programs use the REST calls, with the API key.");
  }
  next();
};

/** The cookie that holds a session. Cookies do not know ports, so each emulator has a name of its own for it. */
export class SessionCookie {
  readonly #name: string;

  constructor(instance: string) {
    this.#name = `ica-page-${instance}`;
  }

  /** The session that a request brings. */
  read(req: Request): string | undefined {
    const pairs = (req.get("Cookie") ?? "").split(";").map((pair) => pair.trim().split("="));
    return pairs.find(([name]) => name === this.#name)?.[1];
  }

  set(res: Response, session: string): void {
    res.cookie(this.#name, session, { path: CALLS_PATH, httpOnly: true, sameSite: "strict" });
  }

  clear(res: Response): void {
    res.clearCookie(this.#name, { path: CALLS_PATH, httpOnly: true, sameSite: "strict" });
  }
}

/** Lets only those through who are signed in. */
export function signedIn(sessions: Sessions, cookie: SessionCookie): RequestHandler {
  return (req, _res, next) => {
    if (!sessions.isOpen(cookie.read(req))) {
      throw unauthorized("Sign in first.");
    }
    next();
  };
}
