// A platform's token makes this service connect to the address it names, also inside the operator's network; what it
// may name is therefore narrow. gRPC reads more than addresses (`unix:7000` is a socket file, `xds:` asks a control
// plane), so that the scheme is ours and never the platform's.
import { isIPv4, isIPv6 } from 'node:net';
import { isLoopback } from '../config/index.ts';

/** Where a strategy engine listens; `host` without brackets. */
export interface DestinationAddress {
  readonly host: string;
  readonly port: number;
  /** Can only be reached from this machine. */
  readonly isLoopback: boolean;
}

const ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/;
const MAX_NAME_CHARS = 253;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
/** The highest TCP port. */
const LAST_PORT = 65_535;

/** Reads `host:port`: an IPv4 address, an IPv6 address in brackets, or a DNS name; `null` for anything else. */
export function readDestinationAddress(text: string): DestinationAddress | null {
  const [, bracketed, plain, digits] = ADDRESS.exec(text) ?? [];
  const port = Number(digits);
  const isHost = bracketed === undefined ? isIPv4(plain ?? '') || isDnsName(plain ?? '') : isIPv6(bracketed);
  const host = bracketed ?? plain;
  if (host === undefined || !isHost || port === 0 || port > LAST_PORT) return null;
  return { host, port, isLoopback: isLoopback(host) };
}

// The last label begins with a letter: resolvers also read `2130706433`, `127.1` and `0x7f000001` as addresses.
function isDnsName(host: string): boolean {
  const labels = host.split('.');
  return host.length <= MAX_NAME_CHARS && labels.every((l) => LABEL.test(l)) && /^[a-z]/i.test(labels.at(-1) ?? '');
}

/** The address as gRPC is given it: always with a scheme, so that no host is ever read as one. */
export function targetOf({ host, port }: DestinationAddress): string {
  if (isIPv4(host)) return `ipv4:${host}:${port}`;
  if (isIPv6(host)) return `ipv6:[${host}]:${port}`;
  return `dns:///${host}:${port}`;
}
