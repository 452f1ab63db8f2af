import * as pulumi from "@pulumi/pulumi";

/**
 * The provider's configuration, for programs that want to read it. Each key has an environment variable that counts when the
 * key is not set: `ica:projectId` / ICA_PROJECT_ID, `ica:baseUrl` / ICA_BASE_URL, `ica:region` / ICA_REGION,
 * `ica:apiKey` / ICA_API_KEY (a secret, and not offered here on purpose: no resource needs it as an input).
 */
export const config = {
  /** UUID of the project for resources that do not name one. */
  get projectId(): string | undefined {
    return read("projectId", "ICA_PROJECT_ID");
  },
  /** Address of ICA's REST API. Default: the public ICA. */
  get baseUrl(): string | undefined {
    return read("baseUrl", "ICA_BASE_URL");
  },
  /** Code of the region for images that do not name one. */
  get region(): string | undefined {
    return read("region", "ICA_REGION");
  },
};

function read(key: string, env: string): string | undefined {
  return new pulumi.Config("ica").get(key) ?? process.env[env];
}
