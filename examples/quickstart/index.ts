// The program of the Pulumi.yaml in the root of the repository: run pulumi there, not here. It works with the emulator
// (`npx ica-bench emulator start`) or with your tenant.
import * as ica from "pulumi-ica";

// Docker builds it from ./image; the provider compresses, uploads and registers it. The version follows the content.
const image = new ica.BenchImage("quickstart", {
  build: { context: "./image" },
  access: { web: true, console: true },
  description: "A web page on 8888 and sshd on 2222",
});

// A workspace that can reach only one web site.
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
