import * as ica from "pulumi-ica";

// Debian with sshd on 2222. To try it on this machine: ica-bench run ./image
const image = new ica.BenchImage("console", {
  build: { context: "./image" },
  access: { console: true },
});

const workspace = new ica.Workspace("console", {
  image: image.imageId,
  resourceModel: "standard-small",
  storageGb: 10,
  access: { console: true },
  network: "public",
  desiredState: "running",
});

export const imageId = image.imageId;
export const consoleHost = workspace.consoleHost;
export const consolePort = workspace.consolePort;
