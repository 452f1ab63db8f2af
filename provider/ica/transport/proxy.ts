import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { HttpsProxyAgent } from "https-proxy-agent";
import { getProxyForUrl } from "proxy-from-env";

/** The way to another machine: straight, or through the proxy that HTTPS_PROXY and NO_PROXY name. */

/** A proxy on the way let a call not through: whom it was for has not heard of it. */
export class ProxyRefusal extends Error {
  override readonly name = "ProxyRefusal";
  /** By which a client decides to try again: a proxy with a fault of its own may be well in a moment. */
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
 * Connections through a proxy to an https address. The agent itself hands on what a proxy says instead of connecting, as if the
 * other end had said it: ICA's 403 means something else than a proxy's.
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
    if (status === undefined || status === 200) return socket;
    socket.destroy();
    throw new ProxyRefusal(this.proxy.host, status);
  }
}

/** The way through the proxy that the environment names for an https address; undefined: there is none. */
export function tunnelTo(address: string): Tunnel | undefined {
  if (!/^https:/i.test(address) || isLoopback(address)) return undefined;
  const proxy = proxyFor(address);
  if (proxy === undefined) return undefined;
  // Not shown: it may hold a password.
  if (!URL.canParse(proxy))
    throw new Error("HTTPS_PROXY (or ALL_PROXY) is not a web address such as http://proxy:3128");
  return new Tunnel(proxy, { keepAlive: true });
}

/** A value without a scheme, as `proxy:3128`, is an http proxy for curl and others; the library takes the scheme of the address for it. */
function proxyFor(address: string): string | undefined {
  const proxy = getProxyForUrl(address);
  const { https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY } = process.env;
  const isBare = [https_proxy, HTTPS_PROXY, all_proxy, ALL_PROXY].some((value) => proxy === `https://${value}`);
  return proxy === "" ? undefined : isBare ? proxy.replace("https:", "http:") : proxy;
}

/** The same for axios. */
export function proxyOptions(address: string): { proxy?: false; httpsAgent?: Tunnel } {
  // A loopback emulator is never behind a proxy, whatever HTTP_PROXY says.
  if (isLoopback(address)) return { proxy: false };
  const tunnel = tunnelTo(address);
  return tunnel === undefined ? {} : { proxy: false, httpsAgent: tunnel };
}

/** Whether a URL names this machine itself. */
export function isLoopback(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return host === "localhost" || host === "[::1]" || /^127\./.test(host);
}
