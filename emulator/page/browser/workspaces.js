import { repeat } from "/page/lit-html/directives/repeat.js";
import { html, nothing } from "/page/lit-html/lit-html.js";
import { statusView } from "./status.js";
import { accessWords, networkWords } from "./words.js";

/** @typedef {import("../protocol").WorkspaceRow} Row */
/** @typedef {"start" | "stop" | "edit" | "delete"} Action */

/** The states in which each action is allowed. The emulator decides; this only saves a click. */
const allowedStates = {
  start: ["Stopped", "Failed"],
  stop: ["Running", "Starting", "Failed"],
  edit: undefined,
  delete: ["Stopped", "Failed"],
};

/** @type {readonly (readonly [Action, string])[]} */
const actionLabels = [
  ["start", "Start"],
  ["stop", "Stop"],
  ["edit", "Edit"],
  ["delete", "Delete"],
];

/**
 * @param {readonly Row[] | undefined} rows
 * @param {{
 *   act(action: Action, row: Row): void,
 *   refuse(reason: string): void,
 *   tail(id: string): string | undefined,
 *   showTail(id: string, shown: boolean): void,
 * }} actions
 */
export function workspacesView(rows, actions) {
  return html`
    <section aria-labelledby="workspaces">
      <h2 id="workspaces" tabindex="-1">Workspaces <small>${rows?.length ?? nothing}</small></h2>
      ${
        rows === undefined
          ? html`<p class="nothing">This emulator serves no workspace calls (<code>--no-workspaces</code>).</p>`
          : rows.length === 0
            ? html`<p class="nothing">There is no workspace yet. <code>pulumi up</code> of a Workspace makes one.</p>`
            : html`<ul class="cards">${repeat(
                rows,
                ({ id }) => id,
                (row) => card(row, actions),
              )}</ul>`
      }
    </section>`;
}

/**
 * @param {Row} row
 * @param {Parameters<typeof workspacesView>[1]} actions
 */
function card(row, actions) {
  const { id, status, statusMessage, settings, image, webUrl, ssh } = row;
  const { name, access, network, resourceModel, storageSizeInGb } = settings;
  return html`
    <li class="card">
      <article aria-labelledby="name-${id}">
        <header>
          <h3 id="name-${id}">${name}</h3>
          ${statusView(status)}
        </header>
        ${statusMessage === undefined ? nothing : html`<p class="why">${statusMessage}</p>`}
        <dl>
          <div><dt>Image</dt><dd>${image ?? "gone"}</dd></div>
          <div><dt>Machine</dt><dd>${resourceModel}, ${storageSizeInGb} GB</dd></div>
          <div><dt>Network</dt><dd>${networkWords(network)}${urlList(network)}</dd></div>
          <div><dt>Access</dt><dd>${accessWords(access)}</dd></div>
          ${
            webUrl === undefined
              ? nothing
              : html`<div><dt>Web</dt><dd><a href=${webUrl} target="_blank" rel="noopener noreferrer">${webUrl}</a></dd></div>`
          }
          ${ssh === undefined ? nothing : html`<div><dt>Console</dt><dd><code>${ssh}</code></dd></div>`}
        </dl>
        <details @toggle=${(/** @type {Event} */ { target }) => actions.showTail(id, target instanceof HTMLDetailsElement && target.open)}>
          <summary>Last lines of its log</summary>
          <pre tabindex="0" aria-label="Log of ${name}">${tailWords(actions.tail(id))}</pre>
        </details>
        <div class="buttons">${actionLabels.map(([action, label]) => button(action, label, row, actions))}</div>
      </article>
    </li>`;
}

/** @param {import("../protocol").WorkspaceSettings["network"]} network */
function urlList({ allowedUrls }) {
  return allowedUrls.length === 0
    ? nothing
    : html`<ul class="urls">${allowedUrls.map((url) => html`<li>${url}</li>`)}</ul>`;
}

/** @param {string | undefined} text */
function tailWords(text) {
  return text === undefined ? "…" : text === "" ? "Nothing: it does not run, or has written nothing." : text;
}

/**
 * A button for an action. When the action is not allowed, the button stays in place, keeps the focus, and says why.
 *
 * @param {Action} action
 * @param {string} label
 * @param {Row} row
 * @param {Parameters<typeof workspacesView>[1]} actions
 */
function button(action, label, row, { act, refuse }) {
  const { name } = row.settings;
  const states = allowedStates[action];
  const allowed = states === undefined || states.includes(row.status);
  const press = () =>
    allowed
      ? act(action, row)
      : refuse(`${name} is ${row.status}; to ${action} it, it must be ${states.join(" or ")}.`);
  return html`
    <button type="button" class=${action} aria-label="${label} ${name}" aria-disabled=${String(!allowed)} @click=${press}>
      ${label}
    </button>`;
}
