import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { HttpsProxyAgent } from "https-proxy-agent";
import { getProxyForUrl } from "proxy-from-env";

/** Connects to another machine directly or through the proxy in HTTPS_PROXY, as NO_PROXY allows. */

/** A proxy refused the call, so it never reached its target. */
export class ProxyRefusal extends Error {
  override readonly name = "ProxyRefusal";
  /** Clients decide by this whether to retry: a proxy's own fault may pass. */
  readonly code: string | undefined;
  constructor(
    proxy: string,
    readonly status: number,
  ) {
    super(`the proxy ${proxy} answered ${status}`);
    this.code = status < 500 ? undefined : "ECONNREFUSED";
  }
}

/**
 * Connections through a proxy to an https address. The base agent passes on the proxy's refusal as if the target had sent
 * it. But a 403 from ICA means something else than a 403 from a proxy.
 */
class Tunnel extends HttpsProxyAgent<string> {
  override async connect(
    request: ClientRequest,
    options: Parameters<HttpsProxyAgent<string>["connect"]>[1],
  ): Promise<Socket> {
    let status: number | undefined;
    request.once("proxyConnect", (answer: { readonly statusCode: number }) => {
      status = answer.statusCode;
    });
    const socket = await super.connect(request, options);
    if (status === undefined || status === 200) {
      return socket;
    }
    socket.destroy();
    throw new ProxyRefusal(this.proxy.host, status);
  }
}

/** The agent for an https address whose proxy the environment names; undefined when there is no proxy. */
export function tunnelTo(address: string): Tunnel | undefined {
  if (!/^https:/i.test(address) || isLoopback(address)) {
    return undefined;
  }
  const proxy = proxyFor(address);
  if (proxy === undefined) {
    return undefined;
  }
  // The value is not shown, since it may contain a password.
  if (!URL.canParse(proxy)) {
    throw new Error("HTTPS_PROXY (or ALL_PROXY) is not a web address such as http://proxy:3128");
  }
  return new Tunnel(proxy, { keepAlive: true });
}

/**
 * curl and others treat a value without a scheme, such as `proxy:3128`, as an http proxy. The library would use the scheme
 * of the address instead.
 */
function proxyFor(address: string): string | undefined {
  const proxy = getProxyForUrl(address);
  const { https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY } = process.env;
  const isBare = [https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY].some((value) => proxy === `https://${value}`);
  return proxy === "" ? undefined : isBare ? proxy.replace("https:", "http:") : proxy;
}

/** The same as options for axios. */
export function proxyOptions(address: string): { proxy?: false; httpsAgent?: Tunnel } {
  // An emulator on loopback is never behind a proxy, even if HTTP_PROXY is set.
  if (isLoopback(address)) {
    return { proxy: false };
  }
  const tunnel = tunnelTo(address);
  return tunnel === undefined ? {} : { proxy: false, httpsAgent: tunnel };
}

/** Whether a URL points to this machine. */
export function isLoopback(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return host === "localhost" || host === "[::1]" || /^127\./.test(host);
}
