import * as ica from "../../../sdk/index";

/** An image that is built of a folder, and a workspace that runs it: what a program of these tests declares. */
export function pageAndWorkspace(context: string, access: ica.BenchImageArgs["access"]) {
  const image = new ica.BenchImage("page", { build: { context }, access });
  const workspace = new ica.Workspace("hello", {
    image: image.imageId,
    resourceModel: "standard-small",
    storageGb: 20,
    access: { web: true, console: false },
    network: "public",
    desiredState: "running",
  });
  return { image, workspace };
}
