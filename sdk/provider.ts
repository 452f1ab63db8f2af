import * as pulumi from "@pulumi/pulumi";
import { hasType } from "./machinery/type-token";

/** Arguments of {@link Provider}. Each one that is left out comes from the stack's configuration, else the environment. */
export interface ProviderArgs {
  /** An API key of the ICA user. Encrypted in the state, however it is given. Default: `ica:apiKey`, else ICA_API_KEY. */
  apiKey?: pulumi.Input<string>;
  /** Address of ICA's REST API. Default: `ica:baseUrl`, else ICA_BASE_URL, else the public ICA. */
  baseUrl?: pulumi.Input<string>;
  /** UUID of the project for resources that do not set one. Default: `ica:projectId`, else ICA_PROJECT_ID. */
  projectId?: pulumi.Input<string>;
  /** Code of the region for images that do not set one. Default: `ica:region`, else ICA_REGION, else the project's own. */
  region?: pulumi.Input<string>;
  /** Address of the object store, if it is not AWS. Default: `ica:s3Endpoint`, else ICA_S3_ENDPOINT. */
  s3Endpoint?: pulumi.Input<string>;
  /** Size of this machine's layer cache, such as `20GB`. Default: `ica:layerCacheSize`, else ICA_LAYER_CACHE_SIZE, else 20 GB. */
  layerCacheSize?: pulumi.Input<string>;
}

/**
 * One ICA tenant, served by the plugin `pulumi-resource-ica`. Resources that get it as `provider`, from their own options or
 * from their parent's, belong to this tenant:
 *
 * ```ts
 * const eu = new ica.Provider("eu", { apiKey: config.requireSecret("euKey"), projectId: "…" });
 * new ica.Workspace("genomics", { … }, { provider: eu });
 * ```
 *
 * Without a provider, resources are dynamic ones, need no plugin, and use the stack's configuration. A resource moves from one
 * to the other without a replacement when the option is added or removed. docs/plugin.md says what the plugin can do besides,
 * and how to install it.
 *
 * Another key or address changes the provider in place, never its resources.
 */
export class Provider extends pulumi.ProviderResource {
  /** The type token of the provider. */
  static readonly __pulumiType = "pulumi:providers:ica";

  /** Whether a value is an ICA provider, including one from another copy of this package. */
  static override isInstance(value: unknown): value is Provider {
    return hasType(value, [Provider.__pulumiType]);
  }

  constructor(name: string, args: ProviderArgs = {}, opts?: pulumi.ResourceOptions) {
    const config = new pulumi.Config("ica");
    const fromStack = Object.fromEntries(settings.map((setting) => [setting, config.get(setting)]));
    const apiKey = args.apiKey ?? config.getSecret("apiKey");
    super(
      "ica",
      name,
      { ...fromStack, ...args, ...(apiKey === undefined ? {} : { apiKey: pulumi.secret(apiKey) }) },
      opts,
    );
  }
}

const settings = ["baseUrl", "projectId", "region", "s3Endpoint", "layerCacheSize"] as const;
