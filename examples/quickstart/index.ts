// The program of the Pulumi.yaml in the root of the repository: run pulumi there, not here. It takes the emulator of
// `npx ica-bench emulator start`, or a tenant of yours.
import * as ica from "pulumi-ica";

// Built from ./image with Docker, saved, compressed, uploaded and registered; the version follows the content.
const image = new ica.BenchImage("quickstart", {
  build: { context: "./image" },
  access: { web: true, console: true },
  description: "A web page on 8888 and sshd on 2222",
});

// A workspace that may reach one web site and nothing else.
const workspace = new ica.Workspace("hello", {
  image: image.imageId,
  resourceModel: "standard-small",
  storageGb: 10,
  access: { web: true, console: true },
  network: "restricted",
  allowedUrls: ["http://allowed.example"],
  desiredState: "running",
  allowRestart: true,
});

export const imageId = image.imageId;
export const version = image.version;
export const webUrl = workspace.webUrl;
export const consoleHost = workspace.consoleHost;
export const consolePort = workspace.consolePort;
