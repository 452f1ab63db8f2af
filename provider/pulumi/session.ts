import { systemClock } from "../clock";
import type { Config } from "../config";
import { engineGone } from "./end-with-engine";
import { engineLog } from "./engine-log";
import { thisRun } from "./last-up";
import { openSession, type Session } from "./open-session";

const sessions = new Map<string, Session>();

/** The session for a configuration, opened on first use. */
export function sharedSession(config: Config): Session {
  const key = JSON.stringify(config);
  const session =
    sessions.get(key) ??
    openSession(config, engineGone, thisRun, (line) => engineLog(undefined, systemClock).warn(line));
  sessions.set(key, session);
  return session;
}
