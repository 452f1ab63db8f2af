import * as pulumi from "@pulumi/pulumi";

type Reader = typeof import("../provider/config");

/**
 * The provider's configuration, for programs that want to read it, as the provider itself reads it. Each key has an
 * environment variable that counts when the key is not set, or blank: `ica:projectId` / ICA_PROJECT_ID, `ica:baseUrl` /
 * ICA_BASE_URL, `ica:region` / ICA_REGION, `ica:apiKey` / ICA_API_KEY (a secret, and not offered here on purpose: no
 * resource needs it as an input).
 */
export const config = {
  /** UUID of the project for resources that do not name one. */
  get projectId(): string | undefined {
    return reader().readSetting("projectId", fromStack, process.env);
  },
  /**
   * Address of ICA's REST API, with its `/ica/rest`. Default: the public ICA. Throws when it is set to no web address.
   */
  get baseUrl(): string {
    try {
      return reader().readBaseUrl(fromStack, process.env);
    } catch (error) {
      throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
    }
  },
  /** Code of the region for images that do not name one. */
  get region(): string | undefined {
    return reader().readSetting("region", fromStack, process.env);
  },
};

/** The provider's code is loaded by whoever reads a setting, not by importing this package. */
function reader(): Reader {
  return require("../provider/config") as Reader;
}

function fromStack(key: string): string | undefined {
  const [namespace = "", name = ""] = key.split(":");
  return new pulumi.Config(namespace).get(name);
}
