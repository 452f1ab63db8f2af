import { badRequest } from "../http/problem";
import type { Credentials, TemporaryCredentials } from "../object-store/credentials";
import { s3Path } from "../object-store/server";
import { presignPut } from "../object-store/signature";
import type { Identity } from "../state/identity";
import { projectRegion } from "../state/identity";
import type { DataRecord } from "./record";

/** How long an upload URL is valid; ICA's documents say "temporarily". */
const uploadUrlLifetimeS = 12 * 60 * 60;

/** The bucket of an emulator's files. */
export function bucketOf({ instance }: Identity): string {
  return `pulumi-ica-${instance}`;
}

/** Key of a file's object. It consists of ids only, so that no file name can point elsewhere on disk. */
export function keyOf({ project }: Identity, { id }: Pick<DataRecord, "id">): string {
  return `${project.id}/${id}`;
}

/** The id of the file that an object belongs to. */
export function dataIdOf(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}

/** Issues what a client needs to transfer a file's content itself. */
export class Transfer {
  readonly #identity: Identity;
  readonly #credentials: Credentials;
  readonly #baseUrl: () => string;

  constructor(identity: Identity, credentials: Credentials, baseUrl: () => string) {
    this.#identity = identity;
    this.#credentials = credentials;
    this.#baseUrl = baseUrl;
  }

  /** The documented `TempCredentials`. Files only: the emulator has no folder uploads. */
  temporaryCredentials(record: DataRecord, options: { rclone: boolean; readOnly: boolean }) {
    if (record.type !== "FILE") {
      throw badRequest("The emulator gives credentials for files only.");
    }
    const issued = this.#issue(record, options.readOnly);
    return options.rclone ? { rcloneTempCredentials: this.#rclone(issued) } : { awsTempCredentials: this.#aws(issued) };
  }

  /**
   * A URL for one PUT. With `hash` or `fileType`, that PUT must carry the signed header Content-MD5 or Content-Type.
   */
  uploadUrl(record: DataRecord, options: { fileType: string | undefined; hash: string | undefined }): string {
    if (record.type !== "FILE") {
      throw badRequest("Only a file has an upload URL.");
    }
    const headers: Record<string, string> = {};
    if (options.fileType !== undefined) {
      headers["content-type"] = options.fileType;
    }
    if (options.hash !== undefined) {
      headers["content-md5"] = contentMd5(options.hash);
    }
    return presignPut({
      origin: this.#baseUrl(),
      path: `${s3Path}/${bucketOf(this.#identity)}/${keyOf(this.#identity, record)}`,
      headers,
      region: awsRegion(this.#identity),
      expiresInS: uploadUrlLifetimeS,
      credentials: this.#issue(record, false),
    });
  }

  #issue(record: DataRecord, readOnly: boolean): TemporaryCredentials {
    return this.#credentials.issue({ bucket: bucketOf(this.#identity), key: keyOf(this.#identity, record), readOnly });
  }

  #aws({ accessKey, secretKey, sessionToken, bucket, key }: TemporaryCredentials) {
    return {
      accessKey,
      secretKey,
      sessionToken,
      region: awsRegion(this.#identity),
      bucket,
      objectPrefix: key,
      serverSideEncryptionAlgorithm: "AES256",
    };
  }

  #rclone({ accessKey, secretKey, sessionToken, bucket, key, expiresAt }: TemporaryCredentials) {
    return {
      config: {
        type: "s3",
        provider: "AWS",
        env_auth: "false",
        endpoint: `${this.#baseUrl()}${s3Path}`,
        access_key_id: accessKey,
        secret_access_key: secretKey,
        session_token: sessionToken,
        region: awsRegion(this.#identity),
      },
      filePathPrefix: `${bucket}/${key}`,
      storageType: "s3",
      expirationTime: new Date(expiresAt).toISOString(),
    };
  }
}

/** The region for which requests to the store are signed. */
export function awsRegion(identity: Identity): string {
  return projectRegion(identity).code === "use1" ? "us-east-1" : projectRegion(identity).code;
}

/** Accepts hex and base64, because ICA's documents do not specify the encoding of the MD5. */
function contentMd5(hash: string): string {
  const bytes = /^[0-9a-f]{32}$/i.test(hash) ? Buffer.from(hash, "hex") : Buffer.from(hash, "base64");
  if (bytes.length !== 16) {
    throw badRequest("hash must be an MD5, in hex or base64.", { parameters: { hash: "is not an MD5" } });
  }
  return bytes.toString("base64");
}
