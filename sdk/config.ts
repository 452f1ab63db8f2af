import * as pulumi from "@pulumi/pulumi";

type Reader = typeof import("../provider/config");

/**
 * The provider's configuration, for programs that need to read it; the values are those that the provider uses. Each key has
 * an environment variable that applies when the key is unset or blank: `ica:projectId` / ICA_PROJECT_ID, `ica:baseUrl` /
 * ICA_BASE_URL, `ica:region` / ICA_REGION, `ica:apiKey` / ICA_API_KEY. The API key is a secret and is left out here on
 * purpose: no resource needs it as an input.
 */
export const config = {
  /** UUID of the project for resources that do not set one. */
  get projectId(): string | undefined {
    return reader().readSetting("projectId", fromStack, process.env);
  },
  /** Address of ICA's REST API, including `/ica/rest`. Default: the public ICA. Throws when the value is not a web address. */
  get baseUrl(): string {
    try {
      return reader().readBaseUrl(fromStack, process.env);
    } catch (error) {
      throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
    }
  },
  /** Code of the region for images that do not set one. */
  get region(): string | undefined {
    return reader().readSetting("region", fromStack, process.env);
  },
};

/** Reading a setting loads the provider's code; importing this package does not. */
function reader(): Reader {
  return require("../provider/config") as Reader;
}

function fromStack(key: string): string | undefined {
  const [namespace = "", name = ""] = key.split(":");
  return new pulumi.Config(namespace).get(name);
}
