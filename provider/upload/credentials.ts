/** Temporary credentials for one object, as ICA gives them (official OpenAPI document, AwsTempCredentials). */
export interface UploadCredentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly sessionToken: string;
  readonly region: string;
  readonly bucket: string;
  /** The key of the object. */
  readonly objectPrefix: string;
  /** `AES256` when absent, or `AWS:KMS`. */
  readonly serverSideEncryptionAlgorithm?: string | null | undefined;
  /** ARN of the KMS key. */
  readonly serverSideEncryptionKey?: string | null | undefined;
}

/** How long ICA's credentials last: 36 hours (official OpenAPI document, createTemporaryCredentials). */
const lifetimeMs = 36 * 3600 * 1000;
/** They are renewed this long before, so that no request starts with credentials that end under it. */
const marginMs = 30 * 60 * 1000;
/** The SDK asks again for credentials that end within five minutes; so it asks before each request, and the choice is made here. */
const askAgainMs = 60 * 1000;

/** Credentials of which a new set can be had, before they end or when S3 no longer takes them. */
export class RenewableCredentials {
  #current: UploadCredentials;
  #since = Date.now();
  #renewing: Promise<void> | undefined;
  readonly #renew: (() => Promise<UploadCredentials>) | undefined;
  /** Every secret ever held, to blank them in messages. */
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
    if (Date.now() - this.#since > lifetimeMs - marginMs) await this.replace(this.#current);
    const { accessKey, secretKey, sessionToken } = this.#current;
    const expiration = new Date(Date.now() + askAgainMs);
    return { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken, expiration };
  };

  /**
   * Gets new credentials in place of the ones that were used. Requests that find out at the same time share one renewal. False when there
   * is no way to get new ones.
   */
  async replace(used: UploadCredentials): Promise<boolean> {
    const renew = this.#renew;
    if (renew === undefined) return false;
    if (this.#current !== used) return true;
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
    for (const secret of [accessKey, secretKey, sessionToken]) if (secret !== "") this.#secrets.add(secret);
  }
}
