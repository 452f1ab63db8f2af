import { cut } from "../../error-message";
import { IcaError } from "./error";
import { isLoopback, ProxyRefusal } from "./proxy";
import type { Failure } from "./retry";

/** Why a call got no response, as an error and as input for the decision to retry. */
export function unreachable(
  call: string,
  baseUrl: string,
  thrown: unknown,
  redact: (text: string) => string,
): { failure: Failure; error: IcaError } {
  // Loaded already, since it made the call.
  const { isAxiosError } = require("axios") as typeof import("axios");
  const code = isAxiosError(thrown) ? thrown.code : undefined;
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  const words = thrown instanceof Error && thrown.message !== "" ? thrown.message : (code ?? String(thrown));
  const isRefusal = cause instanceof ProxyRefusal;
  const isMistrust = code !== undefined && mistrusted.has(code);
  const neverSent = isRefusal || isMistrust || (code !== undefined && neverSentCodes.has(code));
  return {
    // A proxy's own fault may pass. A refusal or an untrusted certificate stays.
    failure: { sent: !neverSent, lasting: isMistrust || (isRefusal && cause.status < 500) },
    // The cause of an axios error contains the request's headers, including the key. So only its message is kept.
    error: new IcaError({
      kind: "unreachable",
      call,
      message: `${call}: no answer from ${baseUrl} (${cut(redact(words), longestWords)}). ${
        isRefusal ? adviceOnProxy(cause, baseUrl) : isMistrust ? adviceOnTrust(baseUrl) : adviceFor(baseUrl)
      }`,
    }),
  };
}

/** Largest number of characters shown of the system's message. */
const longestWords = 500;

/** Node's error codes for a connection that was never made. */
const neverSentCodes = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** OpenSSL's and Node's codes for an untrusted certificate; nothing is sent to such a server. */
const mistrusted = new Set([
  ...["DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ...["UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "CERT_UNTRUSTED", "INVALID_CA"],
  ...["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID", "CERT_REVOKED", "ERR_TLS_CERT_ALTNAME_INVALID"],
]);

function adviceOnProxy({ status }: ProxyRefusal, baseUrl: string): string {
  return status === 407
    ? "It wants a user name and a password: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, special characters as %XX."
    : `The proxy's administrator can allow calls to ${hostOf(baseUrl)}; NO_PROXY lists hosts that need no proxy.`;
}

function adviceOnTrust(baseUrl: string): string {
  return (
    `Node does not trust the certificate of ${hostOf(baseUrl)}. Where a proxy of your network puts its own in that place, name the file with its ` +
    "root certificate in NODE_EXTRA_CA_CERTS; else check ica:baseUrl (or ICA_BASE_URL) and this machine's clock."
  );
}

function adviceFor(baseUrl: string): string {
  return isLoopback(baseUrl)
    ? "Is the emulator running? (ica-bench emulator status)"
    : "Check ica:baseUrl (or ICA_BASE_URL), the network and HTTPS_PROXY.";
}

function hostOf(baseUrl: string): string {
  return new URL(baseUrl).hostname;
}
