import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as ica from "pulumi-ica";

// Pulumi's Docker provider builds this image in the local Docker, for the only platform that Bench runs. No registry gets it.
const built = new docker.Image("page", {
  imageName: "bench-page:0.0.1",
  build: { context: "./image", platform: "linux/amd64" },
  skipPush: true,
});

// Published from the local Docker. A changed image under the same name is published again.
const page = new ica.BenchImage("page", {
  image: built,
  access: { web: true },
});

// The same with any other image of the local Docker: `pulumi config set reference mybench:0.0.1`.
const reference = new pulumi.Config().get("reference");
const byName =
  reference === undefined ? undefined : new ica.BenchImage("by-name", { image: reference, access: { web: true } });

export const imageId = page.imageId;
export const byNameId = byName?.imageId;
