// A worker that has been taken over looks for something of the kernel that is not a file, not a socket and not a
// process: objects that outlive it, that others can find, or whose code is known for its faults.
//
// The wall: no such call is on the list, and what is known as a way out ends the process.
import { describe, expect, it } from 'vitest';

import { ATTACK_MS, type Attack, shownHere, tryAttack } from '../../support/wall/attack.ts';
import { structure } from '../../support/wall/deeds.ts';

const PRIVATE = 0;
const CREATE = 0o1600;
const OWN_KEYRING = -2;

/** Makes an object and does no more with it. */
function makes(call: number, ...args: number[]): Attack['attempt'] {
  return async (attacker) => (await attacker.call(call, ...args)) >= 0n;
}

const attacks: readonly Attack[] = [
  { name: 'keeps memory under a number that others can name', attempt: makes(29, PRIVATE, 4_096, CREATE) },
  { name: 'keeps a queue of messages', attempt: makes(68, PRIVATE, CREATE) },
  { name: 'keeps semaphores', attempt: makes(64, PRIVATE, 1, CREATE) },
  {
    name: 'keeps a queue by name',
    attempt: async (attacker, prey) => {
      const name = await attacker.text(`galley-${prey.secret}`);
      const fd = await attacker.call(240, name, 0o102, 0o600, 0);
      if (fd >= 0n) await attacker.call(241, name);
      return fd >= 0n;
    },
  },
  {
    name: 'keeps a key in the ring of its user',
    attempt: async (attacker) => {
      const word = await attacker.text('user');
      return (await attacker.call(248, word, word, word, 4, OWN_KEYRING)) > 0n;
    },
  },
  { name: 'reads the ring of keys of its session', attempt: makes(250, 0, -3, 1) },
  {
    name: 'loads a program into the kernel',
    needsRoot: true,
    attempt: async (attacker) => {
      const map = await attacker.place(structure(2, 4, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0));
      return (await attacker.call(321, 0, map, 48)) >= 0n;
    },
  },
  { name: 'takes over its own page faults, to win races in the kernel', attempt: makes(323, 1) },
  {
    name: 'counts events of the processor, which tell of its neighbours',
    attempt: async (attacker) => {
      // A software counter of its own time, nothing of the kernel's: what any user may have.
      const attributes = await attacker.place(structure(1, 64, 1n, 0n, 0n, 0n, 0x60n, 0n, 0n));
      return (await attacker.call(298, attributes, 0, -1, -1, 0)) >= 0n;
    },
  },
  { name: 'watches files that others use', attempt: makes(294, 0) },
  { name: 'watches all files of the host', needsRoot: true, attempt: makes(300, 0, 0) },
  { name: 'takes the machine for one without random addresses', attempt: makes(135, 0x0040000) },
  {
    name: 'sets a segment of its own',
    attempt: async (attacker) => (await attacker.call(154, 0, attacker.reserve(64), 64)) >= 0n,
  },
  {
    name: 'reaches the filter of its calls',
    // SECCOMP_GET_ACTION_AVAIL: only a question, but to the same call.
    attempt: async (attacker) => (await attacker.call(317, 2, 0, await attacker.place(structure(0x7fff0000)))) === 0n,
  },
  { name: 'reads the log of the kernel', needsRoot: true, attempt: makes(103, 10, 0, 0) },
  {
    name: 'adjusts the clock of the host',
    attempt: async (attacker) => (await attacker.call(159, attacker.reserve(256))) >= 0n,
  },
  { name: 'becomes another user', needsRoot: true, attempt: makes(105, 1) },
  {
    name: 'changes its root',
    needsRoot: true,
    attempt: async (attacker) => (await attacker.call(161, await attacker.text('/'))) === 0n,
  },
  {
    name: 'makes a file system by hand',
    needsRoot: true,
    attempt: async (attacker) => (await attacker.call(430, await attacker.text('tmpfs'), 0)) >= 0n,
  },
  {
    name: 'takes a copy of a mount',
    needsRoot: true,
    attempt: async (attacker) => (await attacker.call(428, -100, await attacker.text('/'), 1)) >= 0n,
  },
];

describe('objects of the kernel', () => {
  it.each(shownHere('kernel objects', attacks))(
    'are out of reach when it $name',
    async (attack) => {
      expect(await tryAttack('kernel objects', attack)).toMatchObject({ isEscape: false, isBlank: false });
    },
    ATTACK_MS,
  );
});
