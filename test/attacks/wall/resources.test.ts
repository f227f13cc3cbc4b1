// A worker that has been taken over gives nothing away and takes the machine instead: memory, processors, descriptors,
// threads, disk, until the service and everybody's jobs stand still.
//
// The wall: limits of the kernel on the process, which it cannot raise, and which count whatever the engine's own do not.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { BURN_CODE, FAULT_CODE, type NativeAttacker, TOUCH_CODE } from '../../../sandbox/testkit/index.ts';
import { ATTACK_MS, type Attack, shownHere, tryAttack } from '../../support/wall/attack.ts';
import { OPEN, structure } from '../../support/wall/deeds.ts';

const MIB = 1_048_576;
/** More than the smallest worker may have of its own, and far below what a machine has. */
const TOO_MUCH_BYTES = 2_560 * MIB;
/** More than any worker may name, memory or not. */
const TOO_MUCH_SPACE_BYTES = 64 * 1_024 * MIB;
const TOO_MANY_DESCRIPTORS = 100;
const TOO_MANY_THREADS = 1_000;
const CPU_SECONDS = 1;
const TOO_LONG_SECONDS = 3;

const MMAP = 9;
const ANONYMOUS_PRIVATE = 0x22;
const ANONYMOUS_SHARED = 0x21;
const UNRESERVED = 0x4000;
const READ_WRITE = 3;
const NO_ACCESS = 0;
/** The very flags with which libc makes a thread. */
const THREAD = 0x003d0f00;
const STACK_BYTES = 256;
const RLIMIT_AS = 9;
const RLIMIT_CORE = 4;

async function maps(attacker: NativeAttacker, bytes: number, access: number, flags: number): Promise<bigint> {
  return await attacker.call(MMAP, 0, bytes, access, flags, -1, 0);
}

/** Makes descriptors by a call until it is refused. */
function collects(make: (attacker: NativeAttacker) => Promise<bigint>): Attack['attempt'] {
  return async (attacker) => {
    for (let made = 0; made < TOO_MANY_DESCRIPTORS; made += 1) if ((await make(attacker)) < 0n) return false;
    return true;
  };
}

const attacks: readonly Attack[] = [
  {
    name: 'uses more memory than its job has',
    attempt: async (attacker) => {
      const address = await maps(attacker, TOO_MUCH_BYTES, READ_WRITE, ANONYMOUS_PRIVATE);
      return address > 0n && (await attacker.run(TOUCH_CODE, address, TOO_MUCH_BYTES)) === 0n;
    },
  },
  {
    name: 'reserves more addresses than its job has',
    attempt: async (attacker) =>
      (await maps(attacker, TOO_MUCH_SPACE_BYTES, NO_ACCESS, ANONYMOUS_PRIVATE | UNRESERVED)) > 0n,
  },
  {
    name: 'takes memory that is shared and so counted nowhere',
    attempt: async (attacker) =>
      (await maps(attacker, TOO_MUCH_SPACE_BYTES, READ_WRITE, ANONYMOUS_SHARED | UNRESERVED)) > 0n,
  },
  {
    name: 'moves the end of its data beyond its budget',
    attempt: async (attacker) => {
      const end = await attacker.call(12, 0);
      const wanted = end + BigInt(TOO_MUCH_BYTES);
      return (await attacker.call(12, wanted)) === wanted;
    },
  },
  {
    name: 'lets a small piece of memory grow',
    attempt: async (attacker) => {
      const address = await maps(attacker, MIB, READ_WRITE, ANONYMOUS_PRIVATE | UNRESERVED);
      return (await attacker.call(25, address, MIB, TOO_MUCH_SPACE_BYTES, 1)) > 0n;
    },
  },
  {
    name: 'raises its own limits',
    attempt: async (attacker) => {
      const old = attacker.reserve(16);
      const wanted = await attacker.place(structure(-1n, -1n));
      await attacker.call(302, 0, RLIMIT_AS, wanted, 0);
      await attacker.call(302, 0, RLIMIT_AS, 0, old);
      return Buffer.from(await attacker.peek(old, 8)).readBigInt64LE() === -1n;
    },
  },
  {
    name: 'takes more processor time than a job has',
    place: () => ({ budget: { cpuSeconds: CPU_SECONDS } }),
    attempt: async (attacker) => (await attacker.run(BURN_CODE, attacker.reserve(16), TOO_LONG_SECONDS)) === 0n,
  },
  {
    name: 'makes threads without end',
    attempt: async (attacker) => {
      for (let made = 0; made < TOO_MANY_THREADS; made += 1) if ((await startsThread(attacker)) < 0n) return false;
      return true;
    },
  },
  { name: 'copies a descriptor without end', attempt: collects((attacker) => attacker.call(32, 0)) },
  { name: 'makes events without end', attempt: collects((attacker) => attacker.call(290, 0, 0)) },
  { name: 'makes timers without end', attempt: collects((attacker) => attacker.call(283, 1, 0)) },
  {
    name: 'fills pipes without end',
    attempt: collects((attacker) => attacker.call(22, attacker.reserve(8))),
  },
  {
    name: 'lets a file of the host grow',
    attempt: async (attacker, prey) => {
      const path = await attacker.text(`${prey.openFolder}/file`);
      const fd = await attacker.call(2, path, OPEN.create | OPEN.writeOnly, 0o644);
      return fd >= 0n && (await attacker.call(18, fd, path, 1, 1_000 * MIB)) === 1n;
    },
  },
  {
    name: 'leaves its memory behind as a core dump',
    attempt: async (attacker, prey) => {
      await attacker.call(80, await attacker.text(prey.openFolder));
      const limits = attacker.reserve(16);
      await attacker.call(97, RLIMIT_CORE, limits);
      const most = Buffer.from(await attacker.peek(limits, 16)).readBigInt64LE(8);
      await attacker.run(FAULT_CODE).catch(() => 0n);
      // Whether the kernel writes one is the host's setting; whether it may is the limit.
      return most !== 0n || readdirSync(prey.openFolder).length > 0;
    },
  },
  {
    name: 'goes before everybody else on the processors',
    needsRoot: true,
    attempt: async (attacker) => (await attacker.call(141, 0, 0, -20)) === 0n,
  },
];

// A thread that sleeps on a stack of its own; a few bytes are enough for it.
async function startsThread(attacker: NativeAttacker): Promise<bigint> {
  const stack = attacker.reserve(STACK_BYTES) + BigInt(STACK_BYTES);
  return await attacker.splitThread(THREAD, stack, stack - BigInt(STACK_BYTES));
}

describe('the resources of the machine', () => {
  it.each(shownHere('resources', attacks))(
    'are left to others when it $name',
    async (attack) => {
      expect(await tryAttack('resources', attack)).toMatchObject({ isEscape: false, isBlank: false });
    },
    ATTACK_MS,
  );
});
