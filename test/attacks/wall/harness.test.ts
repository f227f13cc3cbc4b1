// Who guards the guards: a suite of attacks that cannot see one succeed shows nothing. The wall is opened on purpose,
// and the suite must say so.
import { describe, expect, it } from 'vitest';

import type { WallLayer } from '../../../sandbox/testkit/index.ts';
import { type Attack, describe as describeFinding, judge } from '../../support/wall/attack.ts';
import { readsFile } from '../../support/wall/deeds.ts';

const readsHostFile: Attack = {
  name: 'reads a file of the host by its path',
  attempt: (attacker, prey) => readsFile(attacker, prey.openFile, prey.secret),
};
const makesSocket: Attack = {
  name: 'makes a socket',
  attempt: async (attacker) => (await attacker.call(41, 1, 1, 0)) >= 0n,
};
const readsLeak: Attack = {
  name: 'reads a descriptor that the service has leaked',
  place: (prey) => ({ planted: [prey.leak()] }),
  attempt: async (attacker) => (await attacker.call(0, 5, attacker.reserve(64), 64)) > 0n,
};
const reservesMemory: Attack = {
  name: 'reserves more addresses than its job has',
  attempt: async (attacker) => (await attacker.call(9, 0, 2 ** 36, 0, 0x4022, -1, 0)) > 0n,
};

describe('the attack suite', () => {
  it.each<[WallLayer, Attack]>([
    ['namespaces', readsHostFile],
    ['seccomp', makesSocket],
    ['closing-step', readsLeak],
    ['limits', reservesMemory],
  ])('reports an escape from a wall without its %s', async (layer, attack) => {
    expect(await judge(attack, [layer])).toMatchObject({ isEscape: true, isBlank: false });
    const finding = await judge(attack, []);
    expect(finding).toMatchObject({ isEscape: false, needed: [layer] });
    expect(describeFinding(finding)).toBe(`${layer} alone`);
  });

  it('calls an attack blank that gets nothing even where there is no wall', async () => {
    const attack: Attack = {
      name: 'reads what is not there',
      attempt: async (attacker) => (await attacker.call(2, 0, 0)) >= 0n,
    };
    expect(await judge(attack)).toMatchObject({ isEscape: false, isBlank: true });
  });

  it('takes an attacker that dies for one that got nothing', async () => {
    const attack: Attack = { name: 'dies', attempt: async (attacker) => (await attacker.call(231, 0)) >= 0n };
    expect(await judge(attack, [])).toMatchObject({ isEscape: false });
  });
});
