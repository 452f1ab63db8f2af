import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as ica from "pulumi-ica";

// Built by the Docker provider of Pulumi in the local Docker, for the only platform that Bench runs. It goes to no registry.
const built = new docker.Image("page", {
  imageName: "bench-page:0.0.1",
  build: { context: "./image", platform: "linux/amd64" },
  skipPush: true,
});

// Published from there. The image itself is what counts: another one under the same name publishes it anew.
const page = new ica.BenchImage("page", {
  image: built,
  access: { web: true },
});

// The same with any image that the local Docker has, whoever built it: `pulumi config set reference mybench:0.0.1`.
const reference = new pulumi.Config().get("reference");
const byName =
  reference === undefined ? undefined : new ica.BenchImage("by-name", { image: reference, access: { web: true } });

export const imageId = page.imageId;
export const byNameId = byName?.imageId;
