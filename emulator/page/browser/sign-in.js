import { html, nothing } from "/page/lit-html/lit-html.js";

/**
 * The whole page before signing in.
 *
 * @param {string | undefined} failure why the last attempt failed
 * @param {(apiKey: string) => void} onKey
 */
export function signInView(failure, onKey) {
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    if (event.target instanceof HTMLFormElement) {
      onKey(String(new FormData(event.target).get("apiKey") ?? "").trim());
    }
  };
  return html`
    <main class="sign-in">
      <form @submit=${submit}>
        <h1>ICA emulator</h1>
        <label>
          API key
          <input name="apiKey" type="password" required autocomplete="off" spellcheck="false" autofocus aria-describedby="key-hint" />
        </label>
        <p id="key-hint" class="hint">
          The one that <code>ica-bench emulator start</code> printed as <code>ICA_API_KEY</code>. Where that is set,
          <code>ica-bench emulator status</code> gives an address that signs in.
        </p>
        <p role="alert" class="why">${failure ?? nothing}</p>
        <button type="submit" class="main">Sign in</button>
      </form>
    </main>`;
}
