// A worker that has been taken over turns on its neighbours: other jobs' workers, which hold other members' rows, and
// the service, which holds the keys. Or it stays when it is told to go.
//
// The wall: other processes have no number in its process namespace, belong to another user where the service is root,
// and the calls that reach into them end the process that makes them. Whatever it does, it ends with its host.
import { describe, expect, it } from 'vitest';

import { type NativeAttacker, splitCode } from '../../../sandbox/testkit/index.ts';
import { ATTACK_MS, type Attack, shownHere, tryAttack } from '../../support/wall/attack.ts';
import { OPEN, readsFile, structure } from '../../support/wall/deeds.ts';
import { type Bystander, becomesTrue } from '../../support/wall/prey.ts';

const SIGKILL = 9;
const FORK = 57;
const CLONE = 56;
const PIDFD_OPEN = 434;
const THREAD = 0x003d0f00;
const NEW_PROCESS = 17;

/** Tells whether a bystander has died of what an attacker did with its number. */
function ends(how: (attacker: NativeAttacker, bystander: Bystander) => Promise<bigint>): Attack['attempt'] {
  return async (attacker, prey) => {
    const bystander = await prey.bystander();
    return (await how(attacker, bystander)) >= 0n && (await bystander.wasKilled());
  };
}

/** Splits in two by a call; the second half sleeps. */
async function splits(attacker: NativeAttacker, call: number, ...args: number[]): Promise<bigint> {
  const sleepAddress = await attacker.place(structure(3_600n, 0n));
  return await attacker.run(splitCode(call, Number(sleepAddress)), ...args);
}

const killing: readonly Attack[] = [
  {
    name: 'kills a process of the service',
    needsRoot: true,
    attempt: ends((attacker, { pid }) => attacker.call(62, pid, SIGKILL)),
  },
  {
    name: 'kills a thread of the service',
    attempt: ends((attacker, { pid }) => attacker.call(234, pid, pid, SIGKILL)),
  },
  {
    name: 'kills by a queued signal',
    attempt: ends(async (attacker, { pid }) =>
      attacker.call(129, pid, SIGKILL, await attacker.place(structure(SIGKILL, 0, -1, '00'.repeat(116)))),
    ),
  },
  {
    name: 'kills by a descriptor of the process',
    attempt: ends(async (attacker, { pid }) =>
      attacker.call(424, await attacker.call(PIDFD_OPEN, pid, 0), SIGKILL, 0, 0),
    ),
  },
  {
    name: 'has the kernel kill, by naming the process as the owner of a descriptor',
    attempt: ends(async (attacker, { pid }) => {
      // F_SETSIG, F_SETOWN, and O_ASYNC by F_SETFL; what then arrives at the descriptor sends the signal.
      const pair = attacker.reserve(8);
      if ((await attacker.call(22, pair)) !== 0n) return -1n;
      const ends = Buffer.from(await attacker.peek(pair, 8));
      const [out, into] = [ends.readInt32LE(0), ends.readInt32LE(4)];
      if ((await attacker.call(72, out, 10, SIGKILL)) !== 0n) return -1n;
      if ((await attacker.call(72, out, 8, pid)) !== 0n) return -1n;
      if ((await attacker.call(72, out, 4, 0o20000)) !== 0n) return -1n;
      return await attacker.call(1, into, pair, 1);
    }),
  },
];

const spying: readonly Attack[] = [
  {
    name: "reads another job's memory",
    attempt: async (attacker, prey) => {
      const { pid, address } = await prey.otherWorker();
      const mine = await attacker.place(structure(attacker.reserve(64), 36n));
      const theirs = await attacker.place(structure(address, 36n));
      return (await attacker.call(310, pid, mine, 1, theirs, 1, 0)) === 36n;
    },
  },
  {
    name: "writes another job's memory",
    attempt: async (attacker, prey) => {
      const { pid, address } = await prey.otherWorker();
      const mine = await attacker.place(structure(await attacker.text('lie'), 3n));
      const theirs = await attacker.place(structure(address, 3n));
      return (await attacker.call(311, pid, mine, 1, theirs, 1, 0)) === 3n;
    },
  },
  {
    name: "reads another job's memory as a file",
    attempt: async (attacker, prey) => {
      const { pid, address } = await prey.otherWorker();
      const fd = await attacker.call(2, await attacker.text(`/proc/${pid}/mem`), OPEN.readOnly);
      const room = attacker.reserve(36);
      if (fd < 0n || (await attacker.call(17, fd, room, 36, address)) !== 36n) return false;
      return Buffer.from(await attacker.peek(room, 36)).toString() === prey.secret;
    },
  },
  {
    name: "traces another job's worker",
    attempt: async (attacker, prey) => (await attacker.call(101, 16, (await prey.otherWorker()).pid, 0, 0)) === 0n,
  },
  {
    name: "takes another job's descriptor out of it",
    attempt: async (attacker, prey) => {
      const process = await attacker.call(PIDFD_OPEN, (await prey.otherWorker()).pid, 0);
      return (await attacker.call(438, process, 0, 0)) >= 0n;
    },
  },
  {
    name: "kills another job's worker",
    attempt: async (attacker, prey) => {
      const { pid, worker } = await prey.otherWorker();
      if ((await attacker.call(234, pid, pid, SIGKILL)) !== 0n) return false;
      return await becomesTrue(() => worker.processes.length === 0);
    },
  },
  {
    name: "changes another job's limits",
    attempt: async (attacker, prey) => {
      const { pid, uid } = await prey.otherWorker();
      // Who is root becomes the other worker's user: not every root may change the limits of others.
      if ((await attacker.call(102)) === 0n) await attacker.call(105, uid);
      return (await attacker.call(302, pid, 0, await attacker.place(structure(1n, 1n)), 0)) === 0n;
    },
  },
  {
    name: "binds another job's worker to one processor",
    attempt: async (attacker, prey) => {
      const { pid } = await prey.otherWorker();
      return (await attacker.call(203, pid, 8, await attacker.place(structure(1n)))) === 0n;
    },
  },
  {
    name: 'reads what the service was started with',
    attempt: async (attacker, prey) =>
      readsFile(attacker, `/proc/${(await prey.bystander()).pid}/environ`, prey.secret),
  },
  {
    name: 'reads a file by the root of another process',
    attempt: async (attacker, prey) =>
      readsFile(attacker, `/proc/${(await prey.bystander()).pid}/root${prey.openFile}`, prey.secret),
  },
  {
    name: 'joins the namespaces of another process',
    needsRoot: true,
    attempt: async (attacker, prey) =>
      (await attacker.call(308, await attacker.call(PIDFD_OPEN, (await prey.bystander()).pid, 0), 0x40000000)) === 0n,
  },
];

const staying: readonly Attack[] = [
  { name: 'makes a process of its own', attempt: async (attacker) => (await splits(attacker, FORK)) > 0n },
  { name: 'makes one by clone', attempt: async (attacker) => (await splits(attacker, CLONE, NEW_PROCESS)) > 0n },
  {
    name: 'makes one by clone3, whose arguments a filter cannot see',
    attempt: async (attacker) => {
      const sleepAddress = await attacker.place(structure(3_600n, 0n));
      const wanted = await attacker.place(structure(0n, 0n, 0n, 0n, 17n, 0n, 0n, 0n));
      return (await attacker.run(splitCode(435, Number(sleepAddress)), Number(wanted), 64)) > 0n;
    },
  },
  {
    name: 'makes a thread in a user namespace of its own, where it is root',
    // EINVAL comes from the kernel: it saw the flags and would have taken those that go together.
    attempt: async (attacker) => {
      const answer = await attacker.call(CLONE, THREAD | 0x10000000, attacker.reserve(4_096) + 4_096n, 0, 0, 0);
      return answer === -22n || answer > 0n;
    },
  },
  {
    name: 'starts a shell of the host in its place',
    attempt: async (attacker) => {
      const shell = await attacker.text('/bin/sh');
      const option = await attacker.text('-c');
      const command = await attacker.text('echo escaped >&3');
      const words = await attacker.place(structure(shell, option, command, 0n));
      return (await attacker.tell(59, shell, words, 0)).startsWith('escaped');
    },
  },
  { name: 'lives on when its deadline ends it', attempt: livesOn },
];

// Undoes the death signal, leaves a child behind, and is then ended as the host ends a worker.
async function livesOn(attacker: NativeAttacker): Promise<boolean> {
  await attacker.call(157, 1, 0, 0, 0, 0);
  await splits(attacker, FORK).catch(() => 0n);
  // What is left spins in place of reading, or the end of its input would end it.
  await attacker.stay();
  await attacker.end();
  return !(await becomesTrue(() => attacker.processes.length === 0));
}

describe('other processes', () => {
  it.each(shownHere('processes', [...killing, ...spying, ...staying]))(
    'hold when it $name',
    async (attack) => {
      expect(await tryAttack('processes', attack)).toMatchObject({ isEscape: false, isBlank: false });
    },
    ATTACK_MS,
  );
});
