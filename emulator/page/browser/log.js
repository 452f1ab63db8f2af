import { repeat } from "/page/lit-html/directives/repeat.js";
import { html, nothing } from "/page/lit-html/lit-html.js";
import { clock, shortPath } from "./words.js";

const maxEntries = 300;

/** The list of events, newest first, and the user's choice of what to show. */
export class Log {
  /** @type {readonly import("../protocol").Happening[]} newest first */
  #entries = [];
  /** Events that arrived while the list is held. @type {import("../protocol").Happening[]} */
  #waiting = [];
  #last = 0;
  #held = false;
  #faultsOnly = false;
  #changed;

  /** @param {() => void} changed redraws the page */
  constructor(changed) {
    this.#changed = changed;
  }

  /** @param {readonly import("../protocol").Happening[]} happenings oldest first; skips known ones */
  add(happenings) {
    const fresh = happenings.filter(({ id }) => id > this.#last);
    this.#last = fresh.at(-1)?.id ?? this.#last;
    this.#waiting.push(...fresh);
    if (!this.#held) {
      this.#release();
    }
    this.#changed();
  }

  view() {
    const entries = this.#entries.filter((entry) => !this.#faultsOnly || isFault(entry));
    return html`
      <section aria-labelledby="log">
        <div class="title">
          <h2 id="log">Requests and faults</h2>
          <label><input type="checkbox" .checked=${this.#faultsOnly} @change=${this.#onFilter} /> Faults only</label>
          <button type="button" aria-pressed=${String(this.#held)} @click=${this.#onHold}>
            Pause${this.#held && this.#waiting.length > 0 ? ` (${this.#waiting.length} more)` : nothing}
          </button>
          <button type="button" @click=${this.#onClear}>Clear</button>
        </div>
        ${
          entries.length === 0
            ? html`<p class="nothing">${this.#faultsOnly ? "No faults yet." : "Nothing has happened yet."}</p>`
            : html`
              <div class="log" role="log" aria-live="off" aria-label="What happened, newest first" tabindex="0">
                <ol>${repeat(entries, ({ id }) => id, entryView)}</ol>
              </div>`
        }
      </section>`;
  }

  #release() {
    this.#entries = [...this.#waiting.reverse(), ...this.#entries].slice(0, maxEntries);
    this.#waiting = [];
  }

  /** @param {Event} event */
  #onFilter = ({ target }) => {
    this.#faultsOnly = target instanceof HTMLInputElement && target.checked;
    this.#changed();
  };

  #onHold = () => {
    this.#held = !this.#held;
    if (!this.#held) {
      this.#release();
    }
    this.#changed();
  };

  #onClear = () => {
    this.#entries = [];
    this.#changed();
  };
}

/** @param {import("../protocol").Happening} entry */
function isFault(entry) {
  return entry.kind === "call" && entry.fault !== undefined;
}

/** @param {import("../protocol").Happening} entry */
function entryView(entry) {
  if (entry.kind === "line") {
    return html`<li class="line"><time datetime=${entry.time}>${clock(entry.time)}</time> <span class="said">${entry.text}</span></li>`;
  }
  const { time, method, path, status, ms, fault } = entry;
  return html`
    <li class=${fault === undefined ? "call" : "call fault"}>
      <time datetime=${time}>${clock(time)}</time>
      <span class="code">${status ?? "broken"}</span>
      <span class="method">${method}</span>
      <span class="path" title=${path}>${shortPath(path)}</span>
      <span class="quiet">${ms} ms</span>
      ${fault === undefined ? nothing : html`<span class="why">Fault: ${fault}</span>`}
    </li>`;
}
