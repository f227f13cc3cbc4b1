// A worker that has been taken over speaks to the kernel itself, in native code, with numbers and arguments that no
// library would ever use: any of the kernel's calls may have a fault, so the fewer there are, the better.
//
// The wall: an allow-list. Every number is tried, by every gate there is; what passes is on a second list, kept apart
// from the first, that says why.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';

import { AttackerDied, legacyCallCode, NativeAttacker } from '../../../sandbox/testkit/index.ts';
import { tally } from '../../support/tally.ts';
import { structure } from '../../support/wall/deeds.ts';
import { PERMITTED_CALLS } from '../../support/wall/permitted-calls.ts';
import { openPrey } from '../../support/wall/prey.ts';
import { report } from '../../support/wall/report.ts';

const IS_LONG = process.env.GALLEY_LONG === '1';
/** Beyond the newest number of the kernel. */
const CALL_COUNT = 512;
const X32 = 0x40000000;
const REFUSED = -1n;
const UNKNOWN = -38n;
const LANES = 4;
const TIMEOUT_MS = 240_000;
const SWEEP_STEP = IS_LONG ? 1 : 16;
const FAMILY_COUNT = 46;

/**
 * `uretprobe` and `uprobe`: the kernel lets these two past every filter since Linux 6.14, and answers whoever calls them
 * from anywhere but its own probe with death or a refusal.
 */
const PAST_EVERY_FILTER = [335, 336];
const NO_PROBE = -6n;

const permitted = new Set(PERMITTED_CALLS.flatMap(({ calls }) => calls));
const everyCall = Array.from({ length: CALL_COUNT }, (_, call) => call);

const EXIT_CALLS = [60, 231];
const SIGNAL_RETURN = 15;
/** Calls with nonsense for arguments may wait for what never comes; that is their answer then. */
const PATIENCE_MS = 500;
const NONSENSE_COUNT = IS_LONG ? 6 : 2;

let triedCount = 0;
afterAll(() => tally('hostileSyscalls', triedCount));

type Outcome = bigint | 'SIGSYS' | 'another death';

async function outcomeOf(attempt: (attacker: NativeAttacker) => Promise<bigint>, seccomp: 'kill' | 'refuse' = 'kill') {
  const attacker = new NativeAttacker({ seccomp });
  try {
    return await attempt(attacker);
  } catch (error) {
    if (!(error instanceof AttackerDied)) throw error;
    return error.signal === 'SIGSYS' ? 'SIGSYS' : 'another death';
  } finally {
    triedCount += 1;
    await attacker.end();
    attacker.sweep();
  }
}

/** Tries each number in a process of its own, as shipped. */
async function outcomesOf(
  numbers: readonly number[],
  attempt: (attacker: NativeAttacker, call: number) => Promise<bigint>,
) {
  const outcomes = new Map<number, Outcome>();
  const left = [...numbers];
  const lane = async () => {
    for (let call = left.shift(); call !== undefined; call = left.shift()) {
      const number = call;
      outcomes.set(number, await outcomeOf((attacker) => attempt(attacker, number)));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return outcomes;
}

function patience(): Promise<bigint> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, 0n));
}

/** What an attack of many calls came to: the calls that got where they must not. */
function judge(name: string, escaped: readonly unknown[], stoppedBy = 'seccomp'): void {
  report({ category: 'system calls', attack: name, isEscape: escaped.length > 0, stoppedBy });
  expect(escaped).toEqual([]);
}

/** Arguments that make each call look at other things. */
const nonsense: Readonly<Record<string, (room: bigint) => readonly (number | bigint)[]>> = {
  nothing: () => [],
  'minus one': () => [-1, -1, -1, -1, -1, -1],
  'addresses of memory': (room) => [room, room, room, room, room, room],
  'a descriptor and addresses': (room) => [99, room, 8, room, 8, room],
  'a small number, an address': (room) => [room, 1, room, 1, 1, 1],
  'high halves that a filter of 32 bits does not see': () => [1n << 32n, 1n << 32n, 1n << 33n, 1n << 34n, 0, 0],
};

describe('a call that is not on the list', () => {
  it.each(Object.keys(nonsense))('never reaches the kernel with %s for arguments', async (title) => {
    const attacker = new NativeAttacker({ seccomp: 'refuse' });
    const escaped: number[] = [];
    for (const call of everyCall) {
      if (permitted.has(call) || PAST_EVERY_FILTER.includes(call)) continue;
      const answer = await attacker.call(call, ...(nonsense[title]?.(attacker.reserve(64)) ?? []));
      triedCount += 1;
      if (answer !== REFUSED && answer !== UNKNOWN) escaped.push(call);
    }
    await attacker.end();
    judge(`every number that is not on the list, with ${title} for arguments`, escaped);
  });

  it(
    'is refused, or ends the process, in the filter that ships',
    async () => {
      const numbers = everyCall.filter((call) => !permitted.has(call) && !PAST_EVERY_FILTER.includes(call));
      const outcomes = await outcomesOf(numbers, (attacker, call) => attacker.call(call));
      const passed = [...outcomes].filter(([, outcome]) => ![REFUSED, UNKNOWN, 'SIGSYS'].includes(outcome as never));
      judge('every number that is not on the list, one process each', passed);
      // Most of what is known as a way out is answered by death, not by a refusal to go on from.
      expect([...outcomes.values()].filter((outcome) => outcome === 'SIGSYS').length).toBeGreaterThan(90);
    },
    TIMEOUT_MS,
  );
});

describe('a call that is on the list', () => {
  it(
    'harms nobody, whatever it is given',
    async () => {
      await using prey = await openPrey([]);
      const bystander = await prey.bystander();
      const other = await prey.otherWorker();
      const sets = Object.values(nonsense).slice(0, NONSENSE_COUNT);
      await outcomesOf([...permitted], async (attacker, call) => {
        for (const make of sets) await Promise.race([attacker.call(call, ...make(attacker.reserve(256))), patience()]);
        triedCount += sets.length - 1;
        return 0n;
      });
      const isUnharmed =
        bystander.isAlive &&
        (await other.worker.call(39)) > 0n &&
        readFileSync(prey.openFile, 'utf8') === prey.secret &&
        readdirSync(prey.openFolder).length === 0;
      judge('every number that is on the list, with nonsense for arguments', isUnharmed ? [] : ['harm'], 'all layers');
    },
    TIMEOUT_MS,
  );

  it.each(PAST_EVERY_FILTER)('is none of the two that the kernel lets past every filter: %i', async (call) => {
    const outcome = await outcomeOf((attacker) => attacker.call(call));
    expect([REFUSED, UNKNOWN, NO_PROBE, 'another death']).toContain(outcome);
  });

  it.each([...EXIT_CALLS, SIGNAL_RETURN])('ends the process by number %i and nothing else', async (call) => {
    expect(await outcomeOf((attacker) => attacker.call(call))).toBe('another death');
  });
});

describe('another gate into the kernel', () => {
  it(
    'is closed by death: numbers of the x32 interface',
    async () => {
      const numbers = everyCall.filter((call) => call % SWEEP_STEP === 0).map((call) => X32 + call);
      const outcomes = await outcomesOf(numbers, (attacker, call) => attacker.call(call));
      judge(
        'numbers of the x32 interface',
        [...outcomes].filter(([, outcome]) => outcome !== 'SIGSYS'),
      );
    },
    TIMEOUT_MS,
  );

  it(
    'is closed by death: the gate for 32-bit programs',
    async () => {
      const numbers = everyCall.filter((call) => call % SWEEP_STEP === 0);
      const outcomes = await outcomesOf(numbers, (attacker, call) => attacker.run(legacyCallCode(call, [])));
      judge(
        'the gate for 32-bit programs',
        [...outcomes].filter(([, outcome]) => outcome !== 'SIGSYS'),
      );
    },
    TIMEOUT_MS,
  );

  it('is no number beyond 32 bits, either', async () => {
    const attacker = new NativeAttacker({ seccomp: 'refuse' });
    const escaped: bigint[] = [];
    // The kernel takes the low half of a number for the call: both have to see the same one.
    for (const call of [41, 57, 101, 165, 272, 310, 319]) {
      const answer = await attacker.call(call + 2 ** 32);
      triedCount += 1;
      if (answer !== REFUSED && answer !== UNKNOWN) escaped.push(answer);
    }
    await attacker.end();
    judge('numbers with something above their 32 bits', escaped);
  });
});

describe('a call that is judged by its arguments', () => {
  it('makes no socket of any family', async () => {
    const attacker = new NativeAttacker({ seccomp: 'refuse' });
    const escaped: string[] = [];
    for (let family = 0; family < FAMILY_COUNT; family += 1) {
      for (const type of [1, 2, 3, 5, 1 | 0o4000, 3 | 0o2000000]) {
        triedCount += 1;
        if ((await attacker.call(41, family, type, 0)) !== REFUSED) escaped.push(`${family}/${type}`);
      }
    }
    await attacker.end();
    judge('sockets of every family and type', escaped);
  });

  it('is not deceived by what is above the 32 bits that the kernel reads', async () => {
    const high = 1n << 32n;
    const attacker = new NativeAttacker({ seccomp: 'refuse' });
    const room = attacker.reserve(4_096);
    const request = await attacker.place(structure(4_096, 0, room));
    const answers = [
      await attacker.call(16, 0, high + 0x8912n, request),
      await attacker.call(16, 0, high + 0x5412n, room),
      await attacker.call(157, high + 1n, 0, 0, 0, 0),
      await attacker.call(72, 0, high + 8n, 1),
      await attacker.call(56, high + 17n, 0, 0, 0, 0),
    ];
    triedCount += answers.length;
    await attacker.end();
    judge(
      'arguments with something above their 32 bits',
      answers.filter((answer) => answer !== REFUSED),
    );
  });

  it('names a process for a signal, and reaches only itself', async () => {
    const attacker = new NativeAttacker({ seccomp: 'refuse' });
    const escaped: number[] = [];
    for (const pid of [2, 3, process.ppid, process.pid, 4_194_303]) {
      triedCount += 1;
      if ((await attacker.call(234, pid, pid, 0)) === 0n) escaped.push(pid);
    }
    await attacker.end();
    judge('signals to every process it can think of', escaped, 'namespaces');
  });
});
