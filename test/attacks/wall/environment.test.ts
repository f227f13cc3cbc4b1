// A worker that has been taken over asks where it is: names, addresses and settings of the host help whoever plans the
// next attack.
//
// The wall: it is started with nothing, and sees nothing of the machine but what it computes with.
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';

import { type NativeAttacker, STACK_CODE } from '../../../sandbox/testkit/index.ts';
import { ATTACK_MS, type Attack, shownHere, tryAttack } from '../../support/wall/attack.ts';
import { OPEN, reads, readsFile } from '../../support/wall/deeds.ts';

const STACK_BYTES = 16_384;
const STEP_BYTES = 256;
const LAST_STEP_BYTES = 8;
const EFAULT = -14n;
const NAME_BYTES = 65;

/** Opens a file and tells whether anything is in it. */
function readsAny(path: string): Attack['attempt'] {
  return async (attacker) => {
    const fd = await attacker.call(2, await attacker.text(path), OPEN.readOnly);
    return fd >= 0n && (await reads(attacker, fd, ''));
  };
}

// Up to the end of the stack: there the kernel says EFAULT when a name is asked for.
async function readsUpwards(attacker: NativeAttacker, from: bigint): Promise<string> {
  let found = '';
  for (const step of [STEP_BYTES, LAST_STEP_BYTES]) {
    for (; found.length < STACK_BYTES; ) {
      const at = from + BigInt(found.length);
      if ((await attacker.call(21, at + BigInt(step - 1), 0)) === EFAULT) break;
      found += Buffer.from(await attacker.peek(at, step)).toString('latin1');
    }
  }
  return found;
}

const attacks: readonly Attack[] = [
  {
    name: 'finds the environment on its stack',
    attempt: async (attacker) => {
      const stack = await attacker.run(STACK_CODE);
      const found = await readsUpwards(attacker, stack);
      return found.includes('PATH=');
    },
  },
  {
    name: 'asks for the name of the host',
    attempt: async (attacker) => {
      const room = attacker.reserve(NAME_BYTES * 6);
      await attacker.call(63, room);
      const name = Buffer.from(await attacker.peek(room + BigInt(NAME_BYTES), NAME_BYTES)).toString();
      return name.slice(0, name.indexOf('\0')) === hostname();
    },
  },
  { name: 'reads which machine it is', attempt: readsAny('/etc/hostname') },
  { name: 'reads who has an account', attempt: async (attacker) => readsFile(attacker, '/etc/passwd', 'root:') },
  { name: 'reads what is mounted', attempt: readsAny('/proc/self/mountinfo') },
  { name: 'reads who listens', attempt: readsAny('/proc/net/tcp') },
  { name: 'reads how the kernel was started', attempt: readsAny('/proc/cmdline') },
  { name: 'reads which devices there are', attempt: readsAny('/sys/kernel/uevent_seqnum') },
  {
    name: 'reads where its own memory is',
    attempt: async (attacker) => readsFile(attacker, '/proc/self/maps', 'r'),
  },
];

describe('the environment', () => {
  it.each(shownHere('environment', attacks))(
    'is unknown when it $name',
    async (attack) => {
      expect(await tryAttack('environment', attack)).toMatchObject({ isEscape: false, isBlank: false });
    },
    ATTACK_MS,
  );
});
