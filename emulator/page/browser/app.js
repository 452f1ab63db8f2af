import { html, nothing, render } from "/page/lit-html/lit-html.js";
import { change, follow, isSignedIn, logTail, press, signIn, signOut } from "./calls.js";
import { dataView } from "./data.js";
import { askForSettings, askToDelete } from "./dialogs.js";
import { imagesView } from "./images.js";
import { Log } from "./log.js";
import { signInView } from "./sign-in.js";
import { workspacesView } from "./workspaces.js";

/** @typedef {import("../protocol").Snapshot} Snapshot */
/** @typedef {import("../protocol").WorkspaceRow} Row */

/** How often to fetch the log of a workspace while it is shown. */
const tailMs = 2000;

/** @param {string} id */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`the page has no #${id}`);
  }
  return found;
}

/** @type {{ signedIn: boolean, failure?: string | undefined, connected: boolean, snapshot?: Snapshot | undefined }} */
const state = { signedIn: false, connected: false };
let log = new Log(draw);
/** The shown logs, as far as they are loaded. @type {Map<string, string | undefined>} */
const tails = new Map();
/** @type {() => void} */
let unfollow = () => undefined;

/** Draws once, however many changes came since the last drawing. */
let drawing = false;
function draw() {
  if (!drawing) {
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      render(state.signedIn ? pageView() : signInView(state.failure, (apiKey) => enter({ apiKey })), byId("page"));
    });
  }
}

/** How long a message stays visible. */
const messageMs = 8000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let saying;

/** Shows a message, which screen readers also announce. @param {string} text */
function say(text) {
  byId("said").textContent = text;
  clearTimeout(saying);
  saying = setTimeout(() => {
    byId("said").textContent = "";
  }, messageMs);
}

/** @param {unknown} error */
function sayFailure(error) {
  say(error instanceof Error ? error.message : String(error));
}

function pageView() {
  const { snapshot, connected } = state;
  return html`
    <header class="top">
      <h1>ICA emulator</h1>
      <nav aria-label="Parts of this page">
        <a href="#workspaces">Workspaces</a> <a href="#images">Images</a> <a href="#data">Data</a> <a href="#log">Log</a>
      </nav>
      <button type="button" @click=${leave}>Sign out</button>
      ${snapshot === undefined ? nothing : html`<p>Project <code>${snapshot.project.id}</code>, instance <code>${snapshot.instance}</code>, pulumi-ica ${snapshot.version}</p>`}
      <p role="status" class="why">${connected ? nothing : "The emulator does not answer. Trying again …"}</p>
    </header>
    <main>
      ${
        snapshot === undefined
          ? html`<p class="nothing">Loading …</p>`
          : html`
            ${workspacesView(snapshot.workspaces, { act, refuse: say, tail: (id) => tails.get(id), showTail })}
            ${imagesView(snapshot.images)} ${dataView(snapshot.data)}`
      }
      ${log.view()}
    </main>`;
}

/**
 * @param {import("./workspaces.js").Action} action
 * @param {Row} row
 */
function act(action, row) {
  const { id, etag, settings } = row;
  if (action === "edit") {
    askForSettings(row, state.snapshot?.images ?? [], async (wanted) => {
      await change(id, etag, wanted);
      say(`${wanted.name} is changed.`);
    });
  } else if (action === "delete") {
    askToDelete(
      row,
      async () => {
        await press(id, "delete");
        say(`${settings.name} is deleted.`);
      },
      // The button that had the focus no longer exists.
      () => byId("workspaces").focus(),
    );
  } else {
    press(id, action).catch(sayFailure);
  }
}

/**
 * @param {string} id
 * @param {boolean} shown
 */
function showTail(id, shown) {
  if (shown) {
    tails.set(id, tails.get(id));
    loadTail(id);
  } else {
    tails.delete(id);
  }
}

/** @param {string} id */
async function loadTail(id) {
  const text = await logTail(id).catch((error) => String(error instanceof Error ? error.message : error));
  if (tails.has(id)) {
    tails.set(id, text);
    draw();
  }
}

setInterval(() => {
  for (const id of tails.keys()) {
    loadTail(id);
  }
}, tailMs);

/** The most workspaces that one message names. */
const maxListed = 3;

/** Announces workspaces whose state changed. @param {Snapshot} next */
function tellChanges(next) {
  const before = new Map(state.snapshot?.workspaces?.map(({ id, status }) => [id, status]));
  const changed = (next.workspaces ?? []).filter(({ id, status }) => (before.get(id) ?? status) !== status);
  if (changed.length > maxListed) {
    say(`${changed.length} workspaces have come to another state.`);
  } else if (changed.length > 0) {
    say(changed.map(({ settings, status }) => `${settings.name} is ${status}.`).join(" "));
  }
}

function begin() {
  Object.assign(state, { signedIn: true, failure: undefined, connected: true, snapshot: undefined });
  log = new Log(draw);
  unfollow = follow({
    state(snapshot) {
      tellChanges(snapshot);
      state.snapshot = snapshot;
      draw();
    },
    log: (happenings) => log.add(happenings),
    connected(connected) {
      state.connected = connected;
      draw();
    },
    refused: () =>
      end("You are no longer signed in: the emulator was restarted, or the page was not used for a long time."),
  });
  draw();
}

/** @param {string} [failure] */
function end(failure) {
  unfollow();
  tails.clear();
  document.querySelector("dialog")?.close();
  say("");
  Object.assign(state, { signedIn: false, failure, snapshot: undefined });
  draw();
}

/** @param {{ apiKey: string } | { link: string }} by */
async function enter(by) {
  try {
    await signIn(by);
    begin();
  } catch (error) {
    end(error instanceof Error ? error.message : String(error));
  }
}

async function leave() {
  await signOut().catch(sayFailure);
  end();
}

/** A sign-in link from the command line also works when the page is already open. */
function takeLink() {
  const link = /^#sign-in=([\w-]+)$/.exec(location.hash)?.[1];
  if (link !== undefined) {
    history.replaceState(null, "", location.pathname);
  }
  return link;
}

async function arrive() {
  const link = takeLink();
  if (state.signedIn || (await isSignedIn().catch(() => false))) {
    if (!state.signedIn) {
      begin();
    }
  } else if (link !== undefined) {
    await enter({ link });
  } else {
    draw();
  }
}

addEventListener("hashchange", arrive);
await arrive();
