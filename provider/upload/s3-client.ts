import { tunnelTo } from "../ica/transport/proxy";
import type { RenewableCredentials } from "./credentials";
import type { Try } from "./lost-beginnings";
import { S3Client } from "./s3-sdk";
import { tryOnce } from "./s3-try";

/** An object store client that retries, renews its credentials and can be aborted. */

export interface S3Options {
  readonly credentials: RenewableCredentials;
  /** Only for an object store other than AWS. */
  readonly endpoint: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds without a byte in either direction before a try ends. Default {@link idleMs}. */
  readonly idleMs?: number | undefined;
  /** Number of tries of each request. Default {@link tries}. */
  readonly tries?: number | undefined;
  /** Called after each try. */
  readonly onTry?: ((made: Try) => void) | undefined;
}

/** A connection whose other end is gone, as after a laptop was suspended, reports nothing by itself. */
const idleMs = 120_000;
const connectMs = 10_000;
/**
 * The SDK starts with a pause of a tenth of a second and doubles it, minus a random share. All these tries take about half a
 * minute.
 */
const tries = 10;

export function s3Client({ credentials, endpoint, signal, ...limits }: S3Options): S3Client {
  const { region, bucket } = credentials.current;
  const tunnel = tunnelTo(endpoint ?? `https://${bucket}.s3.${region}.amazonaws.com`);
  const config = {
    region,
    credentials: credentials.provider,
    // Object stores other than AWS do not support bucket host names.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    // AWS_ENDPOINT_URL is for the user's own work with AWS. Neither the archive nor ICA's credentials may go there.
    ignoreConfiguredEndpointUrls: true,
    // The SDK sends its default checksums as trailers, which other object stores do not accept. TLS and this project's
    // SHA-256 remain.
    requestChecksumCalculation: "WHEN_REQUIRED" as const,
    responseChecksumValidation: "WHEN_REQUIRED" as const,
    maxAttempts: limits.tries ?? tries,
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: limits.idleMs ?? idleMs,
      // The SDK has no proxy support of its own.
      ...(tunnel === undefined ? {} : { httpsAgent: tunnel }),
    },
  };
  const { requestHandler } = new S3Client(config).config;
  const handle = requestHandler.handle.bind(requestHandler);
  const bounded: Pick<typeof requestHandler, "handle"> = {
    handle: async (sent, options = {}) => {
      const from = Date.now();
      try {
        const answer = await tryOnce(handle, sent, options, {
          idleMs: config.requestHandler.socketTimeout,
          // The signal ends all requests, except the removal that follows it.
          signal: isOfRemoval(sent) ? undefined : signal,
        });
        limits.onTry?.({ request: sent, from, to: Date.now(), answer: answer.response });
        return answer;
      } catch (error) {
        limits.onTry?.({ request: sent, from, to: Date.now(), error });
        throw error;
      }
    },
  };
  const client = new S3Client({ ...config, requestHandler: bounded });
  client.middlewareStack.add(
    (next) => async (args) => {
      const used = credentials.current;
      try {
        return await next(args);
      } catch (error) {
        if (!isExpired(error) || !(await credentials.replace(used))) {
          throw error;
        }
        return next(args);
      }
    },
    // Outside the SDK's retries and signing, so that the second try is signed again.
    { step: "build", name: "renewExpiredCredentials" },
  );
  return client;
}

/** Whether the request removes an upload or lists what to remove. Nothing else is read. */
function isOfRemoval({ method }: { readonly method: string }): boolean {
  return method === "DELETE" || method === "GET";
}

const expiredCodes = new Set(["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]);

export function isExpired(error: unknown): boolean {
  return error instanceof Error && expiredCodes.has(error.name);
}
