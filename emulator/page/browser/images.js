import { repeat } from "/page/lit-html/directives/repeat.js";
import { html, nothing } from "/page/lit-html/lit-html.js";
import { statusView } from "./status.js";
import { accessWords, size } from "./words.js";

/** @param {readonly import("../protocol").ImageRow[]} images */
export function imagesView(images) {
  return html`
    <section aria-labelledby="images">
      <h2 id="images">Images <small>${images.length}</small></h2>
      ${
        images.length === 0
          ? html`<p class="nothing">There is no image yet. <code>pulumi up</code> of a BenchImage publishes one.</p>`
          : html`
            <div class="wide" role="region" aria-label="Table of images" tabindex="0">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Image</th>
                    <th scope="col">Status</th>
                    <th scope="col">Size</th>
                    <th scope="col">Layers</th>
                    <th scope="col">Regions</th>
                    <th scope="col">Access</th>
                  </tr>
                </thead>
                <tbody>
                  ${repeat(images, ({ id }) => id, imageRow)}
                </tbody>
              </table>
            </div>`
      }
    </section>`;
}

/** @param {import("../protocol").ImageRow} image */
function imageRow({ name, version, type, status, failure, regions, access, clusterCompatible, archiveBytes, docker }) {
  return html`
    <tr>
      <th scope="row">
        ${name} <span class="quiet">${version}${type === "BENCH" ? nothing : `, ${type.toLowerCase()}`}</span>
        ${failure === undefined ? nothing : html`<p class="why">${failure}</p>`}
      </th>
      <td>${statusView(status)}</td>
      <td>
        ${docker === undefined ? nothing : size(docker.bytes)}
        ${archiveBytes === undefined ? nothing : html`<span class="quiet">archive ${size(archiveBytes)}</span>`}
        ${docker === undefined && archiveBytes === undefined ? html`<span class="quiet">not known</span>` : nothing}
      </td>
      <td>${docker?.layers ?? html`<span class="quiet">not known</span>`}</td>
      <td>${regions === undefined ? html`<span class="quiet">external</span>` : regions.length === 0 ? "none" : regions.join(", ")}</td>
      <td>${type === "BENCH" ? `${accessWords(access)}${clusterCompatible ? ", cluster" : ""}` : html`<span class="quiet">no bench image</span>`}</td>
    </tr>`;
}
