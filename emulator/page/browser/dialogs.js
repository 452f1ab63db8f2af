import { html, nothing, render } from "/page/lit-html/lit-html.js";

/** @typedef {import("../protocol").WorkspaceRow} Row */

/** @returns {HTMLElement} */
function place() {
  const found = document.getElementById("dialog");
  if (found === null) {
    throw new Error("the page has no place for dialogs");
  }
  return found;
}

/**
 * Shows a form in a modal dialog. The user's input survives all changes of the page behind it. A failure appears in the
 * dialog, which stays open.
 *
 * @param {{ title: string, content: unknown, confirm: string, danger?: boolean, done(form: FormData): Promise<void>, afterwards?: () => void }} options
 *   `afterwards`: runs after `done` succeeded and the dialog closed
 */
function ask({ title, content, confirm, danger = false, done, afterwards = () => undefined }) {
  /** @param {string | undefined} failure */
  const draw = (failure) => {
    render(
      html`
        <dialog aria-labelledby="dialog-title" @close=${() => render(nothing, place())}>
          <form @submit=${submit}>
            <h2 id="dialog-title">${title}</h2>
            ${content}
            <p role="alert" class="why">${failure ?? nothing}</p>
            <div class="buttons">
              <button type="button" @click=${() => dialog()?.close()}>Cancel</button>
              <button type="submit" class=${danger ? "delete main" : "main"}>${confirm}</button>
            </div>
          </form>
        </dialog>`,
      place(),
    );
  };
  const dialog = () => place().querySelector("dialog");
  /** @param {SubmitEvent} event */
  const submit = async (event) => {
    event.preventDefault();
    if (event.target instanceof HTMLFormElement) {
      try {
        await done(new FormData(event.target));
        dialog()?.close();
        afterwards();
      } catch (error) {
        draw(error instanceof Error ? error.message : String(error));
      }
    }
  };
  draw(undefined);
  dialog()?.showModal();
}

/**
 * @param {Row} row
 * @param {() => Promise<void>} done
 * @param {() => void} afterwards
 */
export function askToDelete({ settings: { name } }, done, afterwards) {
  ask({
    title: `Delete ${name}?`,
    content: html`<p>Its /data goes with it.</p>`,
    confirm: "Delete",
    danger: true,
    done,
    afterwards,
  });
}

/**
 * @param {Row} row
 * @param {readonly import("../protocol").ImageRow[]} images
 * @param {(settings: import("../protocol").WorkspaceSettings) => Promise<void>} done
 */
export function askForSettings({ settings, image }, images, done) {
  const { name, imageId, resourceModel, storageSizeInGb, access, network } = settings;
  const choices = images.filter(
    ({ id, type, status }) => id === imageId || (type === "BENCH" && status === "AVAILABLE"),
  );
  ask({
    title: `Edit ${name}`,
    content: html`
      <p class="hint">While it runs, only its name can change and its storage can grow.</p>
      <label>Name <input name="name" required maxlength="255" .value=${name} /></label>
      <label>
        Image
        <select name="imageId">
          ${choices.some(({ id }) => id === imageId) ? nothing : html`<option value=${imageId}>${image ?? "gone"}</option>`}
          ${choices.map((one) => html`<option value=${one.id} ?selected=${one.id === imageId}>${one.name} ${one.version}</option>`)}
        </select>
      </label>
      <label>Resource model <input name="resourceModel" required .value=${resourceModel} /></label>
      <label>
        Storage in GB
        <input name="storageSizeInGb" type="number" required min="10" max="65536" step="1" .value=${String(storageSizeInGb)} />
      </label>
      <fieldset>
        <legend>Access</legend>
        <label><input type="checkbox" name="web" .checked=${access.web} /> web</label>
        <label><input type="checkbox" name="console" .checked=${access.console} /> console</label>
      </fieldset>
      <fieldset>
        <legend>Network</legend>
        <label><input type="radio" name="mode" value="PUBLIC" .checked=${network.mode === "PUBLIC"} /> public</label>
        <label><input type="radio" name="mode" value="RESTRICTED" .checked=${network.mode === "RESTRICTED"} /> restricted</label>
      </fieldset>
      <label>
        Allowed URLs, one a line (only when restricted)
        <textarea name="allowedUrls" rows="3" .value=${network.allowedUrls.join("\n")}></textarea>
      </label>`,
    confirm: "Save",
    done: (form) => done({ ...settings, ...settingsOf(form) }),
  });
}

/**
 * @param {FormData} form
 * @returns {import("../protocol").WorkspaceSettings}
 */
function settingsOf(form) {
  const text = (/** @type {string} */ name) => String(form.get(name) ?? "");
  const mode = text("mode") === "RESTRICTED" ? "RESTRICTED" : "PUBLIC";
  const urls = text("allowedUrls")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return {
    name: text("name"),
    imageId: text("imageId"),
    resourceModel: text("resourceModel"),
    storageSizeInGb: Number(text("storageSizeInGb")),
    access: { web: form.has("web"), console: form.has("console") },
    network: { mode, allowedUrls: mode === "RESTRICTED" ? urls : [] },
  };
}
