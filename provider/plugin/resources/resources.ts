import { benchImageHandler } from "../../bench-image/handler";
import { importImage } from "../../bench-image/import";
import { partsOf } from "../../urn";
import { workspaceHandler } from "../../workspace/handler";
import { importWorkspace } from "../../workspace/import";
import { type PluginResource, served } from "./served";

/** The resources by their type. */
const resources: Readonly<Record<string, PluginResource>> = {
  "ica:index:BenchImage": served(benchImageHandler, {
    import: importImage,
    defaultName: ({ name }) => name,
    idOutput: "imageId",
    computed: [
      "imageId",
      "status",
      "dataId",
      "dataProjectId",
      "archiveName",
      "archiveSize",
      "archiveSha256",
      "imageDigest",
      "urls",
      "benchSettings",
    ],
  }),
  "ica:index:Workspace": served(workspaceHandler, {
    import: importWorkspace,
    // The same at every try, and for every language.
    defaultName: ({ project, stack, name }) => `${project}-${stack}-${name}`,
    idOutput: "workspaceId",
    computed: ["workspaceId", "status", "webUrl", "consoleHost", "consolePort", "pendingChanges"],
  }),
};

/** The resource of a URN. */
export function resourceOf(urn: string): PluginResource {
  const { type } = partsOf(urn);
  const resource = resources[type];
  if (resource === undefined) {
    throw new Error(`this plugin has no resource ${type}; it has ${Object.keys(resources).join(", ")}`);
  }
  return resource;
}
