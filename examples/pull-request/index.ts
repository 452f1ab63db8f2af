import * as ica from "pulumi-ica";

const image = new ica.BenchImage("analysis", {
  build: { context: "./image" },
  access: { console: true },
});

const shared = { image: image.imageId, storageGb: 20, access: { console: true }, network: "public" } as const;

// People work in it every day. A new image may restart it, so the preview says who is disconnected.
const genomics = new ica.Workspace("genomics", {
  ...shared,
  resourceModel: "standard-small",
  desiredState: "running",
  allowRestart: true,
});

// Users start and stop it when they need it.
const proteomics = new ica.Workspace("proteomics", { ...shared, resourceModel: "standard-medium" });

export const imageId = image.imageId;
export const genomicsHost = genomics.consoleHost;
export const proteomicsHost = proteomics.consoleHost;
