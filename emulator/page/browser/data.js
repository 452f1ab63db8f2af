import { repeat } from "/page/lit-html/directives/repeat.js";
import { html, nothing } from "/page/lit-html/lit-html.js";
import { statusView } from "./status.js";
import { size } from "./words.js";

/** The most rows to show: more would be slow in a browser, and too many to read. */
const maxRows = 500;

/** @param {readonly import("../protocol").DataRow[]} data */
export function dataView(data) {
  const rows = [...data].sort(byUploadThenPath).slice(0, maxRows);
  return html`
    <section aria-labelledby="data">
      <h2 id="data">Project data <small>${data.length}</small></h2>
      ${
        data.length === 0
          ? html`<p class="nothing">There are no files and no folders yet.</p>`
          : html`
            <div class="wide" role="region" aria-label="Table of project data" tabindex="0">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Path</th>
                    <th scope="col">Status</th>
                    <th scope="col">Size</th>
                    <th scope="col">Format</th>
                  </tr>
                </thead>
                <tbody>
                  ${repeat(rows, ({ id }) => id, dataRow)}
                </tbody>
              </table>
            </div>`
      }
      ${rows.length < data.length ? html`<p class="nothing">And ${data.length - rows.length} more.</p>` : nothing}
    </section>`;
}

/** @param {import("../protocol").DataRow} row */
function dataRow({ path, type, status, format, bytes, upload }) {
  return html`
    <tr>
      <th scope="row" class="path">${path}</th>
      <td>${type === "FOLDER" ? html`<span class="quiet">folder</span>` : statusView(status)}</td>
      <td>${upload === undefined ? (bytes === undefined ? nothing : size(bytes)) : uploadView(path, upload)}</td>
      <td>${format ?? nothing}</td>
    </tr>`;
}

/**
 * Shows no percentage, because S3 clients do not send the total size in advance.
 *
 * @param {string} path
 * @param {NonNullable<import("../protocol").DataRow["upload"]>} upload
 */
function uploadView(path, { bytes, parts }) {
  const inParts = parts === undefined ? "" : `, ${parts === 1 ? "1 part" : `${parts} parts`} complete`;
  return html`
    <span class="upload">
      <progress aria-label="Upload of ${path}"></progress>
      <span>${size(bytes)} received${inParts}</span>
    </span>`;
}

/**
 * @param {import("../protocol").DataRow} a
 * @param {import("../protocol").DataRow} b
 */
function byUploadThenPath(a, b) {
  const first = Number(b.upload !== undefined) - Number(a.upload !== undefined);
  return first !== 0 ? first : a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
