import * as ica from "pulumi-ica";

// An application server with websockets behind nginx. To try it on this machine: ica-bench run ./image
const image = new ica.BenchImage("rstudio", {
  build: { context: "./image" },
  access: { web: true },
});

const workspace = new ica.Workspace("rstudio", {
  image: image.imageId,
  resourceModel: "standard-small",
  storageGb: 10,
  access: { web: true },
  network: "public",
  desiredState: "running",
});

export const imageId = image.imageId;
export const webUrl = workspace.webUrl;
