/* The page's own calls. The browser adds the cookie; a failure is an error with the emulator's message. */

/** The emulator refused a call. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} method
 * @param {string} path below /page/api
 * @param {{ body?: unknown, ifMatch?: string }} [options]
 * @returns {Promise<any>} the body of the answer, or undefined without one
 */
async function call(method, path, { body, ifMatch } = {}) {
  const response = await fetch(`/page/api${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...(ifMatch === undefined ? {} : { "If-Match": ifMatch }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = text === "" ? undefined : JSON.parse(text);
  if (!response.ok) {
    throw new Refused(response.status, answer?.detail ?? response.statusText);
  }
  return answer;
}

/** @returns {Promise<boolean>} */
export async function isSignedIn() {
  return (await call("GET", "/session")).signedIn;
}

/** @param {{ apiKey: string } | { link: string }} by */
export function signIn(by) {
  return call("POST", "/session", { body: by });
}

export function signOut() {
  return call("DELETE", "/session");
}

/**
 * @param {string} id
 * @param {"start" | "stop" | "delete"} verb
 */
export function press(id, verb) {
  return call("POST", `/workspaces/${encodeURIComponent(id)}/${verb}`);
}

/**
 * @param {string} id
 * @param {string} etag of the settings before the edit
 * @param {import("../protocol").WorkspaceSettings} settings
 */
export function change(id, etag, settings) {
  return call("PUT", `/workspaces/${encodeURIComponent(id)}`, { body: settings, ifMatch: etag });
}

/**
 * @param {string} id
 * @returns {Promise<string>} the latest lines of the main process
 */
export async function logTail(id) {
  return (await call("GET", `/workspaces/${encodeURIComponent(id)}/log`)).text;
}

/**
 * Follows events. Reconnects by itself when the connection breaks.
 *
 * @param {{
 *   state(snapshot: import("../protocol").Snapshot): void,
 *   log(happenings: import("../protocol").Happening[]): void,
 *   connected(connected: boolean): void,
 *   refused(): void,
 * }} listener
 * @returns {() => void} stops following
 */
export function follow(listener) {
  const source = new EventSource("/page/api/events");
  source.addEventListener("state", ({ data }) => listener.state(JSON.parse(data)));
  source.addEventListener("log", ({ data }) => listener.log(JSON.parse(data)));
  source.addEventListener("open", () => listener.connected(true));
  source.addEventListener("error", () => {
    listener.connected(false);
    if (source.readyState === EventSource.CLOSED) {
      listener.refused();
    }
  });
  return () => source.close();
}
