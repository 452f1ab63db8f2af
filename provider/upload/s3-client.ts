import { S3Client } from "@aws-sdk/client-s3";
import { tunnelTo } from "../ica/transport/proxy";
import type { RenewableCredentials } from "./credentials";
import type { Try } from "./lost-beginnings";
import { tryOnce } from "./s3-try";

/** The client of an object store that tries again, renews its credentials, and can be aborted. */

export interface S3Options {
  readonly credentials: RenewableCredentials;
  /** Only for an object store that is not AWS. */
  readonly endpoint: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds without a byte, either way, after which a try is given up. Default {@link idleMs}. */
  readonly idleMs?: number | undefined;
  /** Tries of each request. Default {@link tries}. */
  readonly tries?: number | undefined;
  /** Told of each try. */
  readonly onTry?: ((made: Try) => void) | undefined;
}

/** A connection whose other end is gone, as after a suspended laptop, says nothing by itself. */
const idleMs = 120_000;
const connectMs = 10_000;
/** The SDK doubles its pauses from a tenth of a second on, less a random share: these tries last for half a minute or so. */
const tries = 10;

export function s3Client({ credentials, endpoint, signal, ...limits }: S3Options): S3Client {
  const { region, bucket } = credentials.current;
  const tunnel = tunnelTo(endpoint ?? `https://${bucket}.s3.${region}.amazonaws.com`);
  const config = {
    region,
    credentials: credentials.provider,
    // Object stores other than AWS know no bucket as a host name.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    // AWS_ENDPOINT_URL is meant for what the user does with AWS: no archive, nor ICA's credentials, shall go there.
    ignoreConfiguredEndpointUrls: true,
    // The SDK's default checksums go as trailers, which other object stores do not take; TLS and our SHA-256 remain.
    requestChecksumCalculation: "WHEN_REQUIRED" as const,
    responseChecksumValidation: "WHEN_REQUIRED" as const,
    maxAttempts: limits.tries ?? tries,
    requestHandler: {
      connectionTimeout: connectMs,
      socketTimeout: limits.idleMs ?? idleMs,
      // The SDK itself knows no proxy.
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
          // What is under way ends with the signal, except for the removal that follows it.
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
        if (!isExpired(error) || !(await credentials.replace(used))) throw error;
        return next(args);
      }
    },
    // Outside of the SDK's retries and of signing, so that the second try is signed anew.
    { step: "build", name: "renewExpiredCredentials" },
  );
  return client;
}

/** A removal, or a look at what is to be removed: nothing else is read. */
function isOfRemoval({ method }: { readonly method: string }): boolean {
  return method === "DELETE" || method === "GET";
}

const expiredCodes = new Set(["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]);

export function isExpired(error: unknown): boolean {
  return error instanceof Error && expiredCodes.has(error.name);
}
