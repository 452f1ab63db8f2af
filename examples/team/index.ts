import * as pulumi from "@pulumi/pulumi";
import * as ica from "pulumi-ica";

interface TeamArgs {
  /** Id of the image that the team works with. */
  readonly image: pulumi.Input<string>;
}

/** A workspace for daily work, and one for analyses that users start when they need it. */
class Team extends pulumi.ComponentResource {
  readonly webUrl: pulumi.Output<string | undefined>;

  constructor(name: string, { image }: TeamArgs, opts?: pulumi.ComponentResourceOptions) {
    super("bench:index:Team", name, {}, opts);
    const shared = { image, storageGb: 10, access: { web: true, console: true }, network: "public" } as const;
    const daily = new ica.Workspace(
      `${name}-daily`,
      { ...shared, resourceModel: "standard-small", desiredState: "running" },
      { parent: this },
    );
    new ica.Workspace(
      `${name}-analysis`,
      { ...shared, resourceModel: "standard-medium" },
      { parent: this, dependsOn: daily },
    );
    this.webUrl = daily.webUrl;
    this.registerOutputs({ webUrl: this.webUrl });
  }
}

// Another stack publishes the image: ../quickstart.
const image = ica.getImageOutput({ name: "quickstart" });

export const webUrl = new Team("genomics", { image: image.imageId }).webUrl;
