import { isIPv4, isIPv6 } from 'node:net';
import { ConfigRefused } from './config-refused.ts';

/** A listening address in its two parts; `host` without brackets. */
export type ListenAddress = { readonly host: string; readonly port: number };

/** The highest TCP port. */
const LAST_PORT = 65_535;

/** Splits `host:port`, an IPv6 host in brackets; port 0 lets the system choose. @throws {ConfigRefused} */
export function parseListenAddress(text: string): ListenAddress {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  const host = parts?.[1] ?? parts?.[2];
  const port = Number(parts?.[3]);
  if (host === undefined || port > LAST_PORT) {
    throw new ConfigRefused(
      'listenAddress',
      `\`${text}\` is not an address to listen on; write \`host:port\`, for example \`127.0.0.1:7443\``,
    );
  }
  return { host, port };
}

/**
 * Says whether a host can only be reached from this machine.
 *
 * Names other than `localhost` are not looked up: who controls the resolver must not decide whether TLS is needed.
 */
export function isLoopback(host: string): boolean {
  if (isIPv4(host)) return host.startsWith('127.');
  if (isIPv6(host)) return /^(0{1,4}:){7}0{0,3}1$/.test(host) || host === '::1';
  return host === 'localhost';
}
