// A platform's token makes this service send to the address that the terms name. A name may be made to mean another
// address later, one of the operator's own network or of the cloud's metadata; so what it means is looked at in the very
// moment of connecting, and what is connected to is what was looked at.
import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { isLoopback } from '../config/index.ts';

/** Addresses of this machine. */
const OWN = listOf(['127.0.0.0', 8], ['::1', 128]);
/** Addresses of a network of somebody's own. */
const INTERNAL = listOf(
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['192.0.0.0', 24],
  ['198.18.0.0', 15],
  ['fc00::', 7],
);
/** Addresses that no destination has: of nobody, of the next cable (cloud metadata is there), of many at once. */
const NOBODY = listOf(
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['64:ff9b::', 96],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
);

function listOf(...ranges: readonly (readonly [address: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, address.includes(':') ? 'ipv6' : 'ipv4');
  return list;
}

/** Whether an address may be connected to for a host as the terms name it. */
export function mayConnect(host: string, address: string, internalHosts: readonly string[]): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0 || NOBODY.check(address, family)) return false;
  // Only terms that say so, in so many words, reach this machine.
  if (OWN.check(address, family)) return isLoopback(host);
  return !INTERNAL.check(address, family) || internalHosts.includes(host.toLowerCase());
}

/** Looks names up, and answers none that means an address which may not be connected to. */
export function guardedLookup(internalHosts: readonly string[]): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found: LookupAddress[] = []) => {
      const isGood = found.length > 0 && found.every(({ address }) => mayConnect(host, address, internalHosts));
      const [first] = found;
      if (error === null && isGood && options.all === true) callback(null, found);
      else if (error === null && isGood && first !== undefined) callback(null, first.address, first.family);
      else callback(error ?? Object.assign(new Error('the name means an address of an internal network'), REFUSED), '');
    });
  };
}

const REFUSED = { code: 'INTERNAL_ADDRESS' };
