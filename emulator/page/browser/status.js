import { html } from "/page/lit-html/lit-html.js";

/** The look of each status; others look neutral. */
const statusLooks = new Map(
  Object.entries({
    Running: "good",
    AVAILABLE: "good",
    Starting: "busy",
    Stopping: "busy",
    PARTIAL: "busy",
    Failed: "bad",
    BUILDFAILED: "bad",
  }),
);

/** @param {string} status */
export function statusView(status) {
  return html`<span class="status ${statusLooks.get(status) ?? "still"}">${status}</span>`;
}
