/** Temporary credentials for one object, as ICA returns them (official OpenAPI document, AwsTempCredentials). */
export interface UploadCredentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string;
  readonly region: string;
  readonly bucket: string;
  /** The key of the object. */
  readonly objectPrefix: string;
  /** `AES256` or `AWS:KMS`. Default: `AES256`. */
  readonly serverSideEncryptionAlgorithm?: string | null | undefined;
  /** ARN of the KMS key. */
  readonly serverSideEncryptionKey?: string | null | undefined;
}

/** How long ICA's credentials last: 36 hours (official OpenAPI document, createTemporaryCredentials). */
const lifetimeMs = 36 * 3600 * 1000;
/** How long before their end they are renewed, so that none expire during a request. */
const marginMs = 30 * 60 * 1000;
/**
 * The SDK asks again for credentials that expire within five minutes. With this value it asks before each request, so this
 * class decides when to renew.
 */
const askAgainMs = 60 * 1000;

/** Credentials that are renewed before they expire, or when S3 no longer accepts them. */
export class RenewableCredentials {
  #current: UploadCredentials;
  #since = Date.now();
  #renewing: Promise<void> | undefined;
  readonly #renew: (() => Promise<UploadCredentials>) | undefined;
  /** Every secret used so far, to remove them from messages. */
  readonly #secrets = new Set<string>();

  constructor(first: UploadCredentials, renew: (() => Promise<UploadCredentials>) | undefined) {
    this.#current = first;
    this.#renew = renew;
    this.#remember(first);
  }

  get current(): UploadCredentials {
    return this.#current;
  }

  /** For the SDK. */
  readonly provider = async () => {
    if (Date.now() - this.#since > lifetimeMs - marginMs) {
      await this.replace(this.#current);
    }
    const { accessKey, secretKey, sessionToken } = this.#current;
    const expiration = new Date(Date.now() + askAgainMs);
    return { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken, expiration };
  };

  /**
   * Replaces the credentials that were used with new ones. Requests that need this at the same time share one renewal.
   * Returns false when there is no way to get new ones.
   */
  async replace(used: UploadCredentials): Promise<boolean> {
    const renew = this.#renew;
    if (renew === undefined) {
      return false;
    }
    if (this.#current !== used) {
      return true;
    }
    this.#renewing ??= (async () => {
      try {
        const next = await renew();
        this.#remember(next);
        this.#current = next;
        this.#since = Date.now();
      } finally {
        this.#renewing = undefined;
      }
    })();
    await this.#renewing;
    return true;
  }

  redact(text: string): string {
    return [...this.#secrets].reduce((clean, secret) => clean.replaceAll(secret, "[secret]"), text);
  }

  #remember({ accessKey, secretKey, sessionToken }: UploadCredentials): void {
    for (const secret of [accessKey, secretKey, sessionToken]) {
      if (secret !== "") {
        this.#secrets.add(secret);
      }
    }
  }
}
