// A worker that has been taken over wants to tell somebody what it has seen, or to speak with the service itself as if
// it were its neighbour.
//
// The wall: a network namespace with nothing in it, and no call that makes a socket, asks one, or sends by one. The two
// descriptors that a worker has are sockets of the host; that is why asking them is refused too.
import { describe, expect, it } from 'vitest';

import type { NativeAttacker } from '../../../sandbox/testkit/index.ts';
import { ATTACK_MS, type Attack, shownHere, tryAttack } from '../../support/wall/attack.ts';
import { addressOfPort, addressOfSocket, structure } from '../../support/wall/deeds.ts';
import type { Prey } from '../../support/wall/prey.ts';

const FAMILY = { unix: 1, internet: 2, netlink: 16, packet: 17, virtual: 40 } as const;
const STREAM = 1;
const DATAGRAM = 2;
const RAW = 3;
const SOCKET = 41;
const CONNECT = 42;
const ANSWER_FD = 3;

async function connects(attacker: NativeAttacker, family: number, address: Uint8Array): Promise<boolean> {
  const fd = await attacker.call(SOCKET, family, STREAM, 0);
  if (fd < 0n) return false;
  return (await attacker.call(CONNECT, fd, await attacker.place(address), address.byteLength)) === 0n;
}

async function connectsToSocket(attacker: NativeAttacker, prey: Prey, isAbstract: boolean): Promise<boolean> {
  const { name, wasReached } = await prey.unixSocket(isAbstract);
  return (await connects(attacker, FAMILY.unix, addressOfSocket(name))) && (await wasReached());
}

/** Makes a socket and does no more with it. */
function makes(family: number, type: number, protocol = 0): Attack['attempt'] {
  return async (attacker) => (await attacker.call(SOCKET, family, type, protocol)) >= 0n;
}

/** A message that hands over a descriptor, as `struct msghdr` with its control part. */
async function handOver(attacker: NativeAttacker, fd: number): Promise<bigint> {
  const body = await attacker.place(structure(await attacker.text('x'), 1n));
  const control = await attacker.place(structure(20n, 1, 1, fd, 0));
  return await attacker.place(structure(0n, 0n, body, 1n, control, 24n, 0n));
}

const attacks: readonly Attack[] = [
  {
    name: "connects to the service's own port",
    attempt: async (attacker, prey) => {
      const { port, wasReached } = await prey.port();
      return (await connects(attacker, FAMILY.internet, addressOfPort(port))) && (await wasReached());
    },
  },
  {
    name: 'sends a datagram to this machine',
    attempt: async (attacker, prey) => {
      const { port, wasReached } = await prey.datagramPort();
      const fd = await attacker.call(SOCKET, FAMILY.internet, DATAGRAM, 0);
      const to = await attacker.place(addressOfPort(port));
      const sent = await attacker.call(44, fd, await attacker.text('secret'), 6, 0, to, 16);
      return sent === 6n && (await wasReached());
    },
  },
  {
    name: 'connects to a unix socket by its path',
    attempt: (attacker, prey) => connectsToSocket(attacker, prey, false),
  },
  {
    name: 'connects to a unix socket that has no path',
    attempt: (attacker, prey) => connectsToSocket(attacker, prey, true),
  },
  {
    name: 'listens for whoever comes',
    attempt: async (attacker) => {
      const fd = await attacker.call(SOCKET, FAMILY.internet, STREAM, 0);
      const to = await attacker.place(addressOfPort(0));
      return (await attacker.call(49, fd, to, 16)) === 0n && (await attacker.call(50, fd, 1)) === 0n;
    },
  },
  { name: 'asks the kernel about the network over netlink', attempt: makes(FAMILY.netlink, RAW) },
  { name: 'reads packets of the wire', needsRoot: true, attempt: makes(FAMILY.packet, RAW, 0x0300) },
  { name: 'speaks to the host of the virtual machine', attempt: makes(FAMILY.virtual, STREAM) },
  {
    name: 'makes a pair of sockets for processes of its own',
    attempt: async (attacker) => (await attacker.call(53, FAMILY.unix, STREAM, 0, attacker.reserve(8))) === 0n,
  },
  {
    name: 'asks its own descriptor, a socket of the host, for the addresses of the host',
    attempt: async (attacker) => {
      const room = attacker.reserve(1_024);
      const request = await attacker.place(structure(1_024, 0, room));
      if ((await attacker.call(16, 0, 0x8912, request)) !== 0n) return false;
      return Buffer.from(await attacker.peek(room, 16))
        .toString('latin1')
        .startsWith('lo');
    },
  },
  {
    name: 'opens the network of the host by its own descriptor',
    needsRoot: true,
    attempt: async (attacker) => (await attacker.call(16, ANSWER_FD, 0x894c)) >= 0n,
  },
  {
    name: 'hands a descriptor over with a message to the host',
    // Down the channel that it should only read from, so as not to disturb its answers.
    attempt: async (attacker) => (await attacker.call(46, 0, await handOver(attacker, ANSWER_FD), 0)) === 1n,
  },
  {
    name: 'waits for a descriptor that somebody hands over',
    // EAGAIN: the call would have taken one, had there been any. 0x40 is MSG_DONTWAIT.
    attempt: async (attacker) => (await attacker.call(47, 0, await handOver(attacker, 0), 0x40)) === -11n,
  },
  {
    name: 'queues its calls in a ring, where no filter sees them',
    attempt: async (attacker) => (await attacker.call(425, 8, attacker.reserve(256))) >= 0n,
  },
];

describe('the network', () => {
  it.each(shownHere('network', attacks))(
    'holds when it $name',
    async (attack) => {
      expect(await tryAttack('network', attack)).toMatchObject({ isEscape: false, isBlank: false });
    },
    ATTACK_MS,
  );
});
