import type { Request, RequestHandler, Response } from "express";
import { isPageHost } from "../http/loopback";
import { forbidden, unauthorized } from "../http/problem";
import type { Sessions } from "./sessions";

/** Path of the page's own calls. The browser sends the page's cookie only there. */
export const callsPath = "/page/api";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // No text can become HTML or script. lit-html builds its templates from constants in the page's own code.
  "require-trusted-types-for 'script'",
  "trusted-types lit-html",
].join("; ");

/**
 * Headers of every answer of the page: nothing loads from other sites, no frame shows it, no other site reads it, no
 * cache stores it.
 */
export const safeHeaders: RequestHandler = (_req, res, next) => {
  res.set({
    "Content-Security-Policy": policy,
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
 * Allows only calls by the page itself: under its own host, from its own origin. SameSite alone is not enough, because
 * every port of `localhost` is the same site. A browser sends Origin with every request except GET, and a page cannot
 * forge it.
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

/** The cookie that holds a session. Cookies are shared between ports, so each emulator uses a different cookie name. */
export class SessionCookie {
  readonly #name: string;

  constructor(instance: string) {
    this.#name = `ica-page-${instance}`;
  }

  /** The session of a request. */
  read(req: Request): string | undefined {
    const pairs = (req.get("Cookie") ?? "").split(";").map((pair) => pair.trim().split("="));
    return pairs.find(([name]) => name === this.#name)?.[1];
  }

  set(res: Response, session: string): void {
    res.cookie(this.#name, session, { path: callsPath, httpOnly: true, sameSite: "strict" });
  }

  clear(res: Response): void {
    res.clearCookie(this.#name, { path: callsPath, httpOnly: true, sameSite: "strict" });
  }
}

/** Requires a session. */
export function signedIn(sessions: Sessions, cookie: SessionCookie): RequestHandler {
  return (req, _res, next) => {
    if (!sessions.isOpen(cookie.read(req))) {
      throw unauthorized("Sign in first.");
    }
    next();
  };
}
