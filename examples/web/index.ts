import * as ica from "pulumi-ica";

// nginx on 8888, under the path of the workspace. To try it on this machine: ica-bench run ./image
const image = new ica.BenchImage("web", {
  build: { context: "./image" },
  access: { web: true },
});

const workspace = new ica.Workspace("web", {
  image: image.imageId,
  resourceModel: "standard-small",
  storageGb: 10,
  access: { web: true },
  network: "public",
  desiredState: "running",
});

export const imageId = image.imageId;
export const webUrl = workspace.webUrl;
