// A worker that has been taken over goes for the files of the host: what the service keeps, what any program may read,
// and what could be written.
//
// The wall: what is not bound into its mount namespace is not there, nothing of what is there can be written, and the
// calls that could make it otherwise end the process.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import type { NativeAttacker } from '../../../sandbox/testkit/index.ts';
import { ATTACK_MS, type Attack, shownHere, tryAttack } from '../../support/wall/attack.ts';
import { HERE, OPEN, reads, readsFile, structure, writesFile } from '../../support/wall/deeds.ts';

// NEWNS | NEWUSER
const OWN_MOUNTS = 0x10020000;
const BLOCK_DEVICE = 0o060000;
const TAKE_LEASE = 1024;
const SET_LOCK = 6;
const ASK_LOCK = 5;
const READ_LOCK = 0;
const WRITE_LOCK = 1;

/** The places where a worker's own files may be, inside or outside. */
const LIBRARIES = ['/lib/x86_64-linux-gnu/libc.so.6', '/usr/lib/x86_64-linux-gnu/libc.so.6', '/lib64/libc.so.6'];

async function opensFirst(attacker: NativeAttacker, paths: readonly string[]): Promise<bigint> {
  for (const path of paths) {
    const fd = await attacker.call(2, await attacker.text(path), OPEN.readOnly);
    if (fd >= 0n) return fd;
  }
  return -1n;
}

const reading: readonly Attack[] = [
  {
    name: 'reads a file of the host by its path',
    attempt: (attacker, prey) => readsFile(attacker, prey.openFile, prey.secret),
  },
  {
    name: 'reads a sealed file of the service',
    attempt: (attacker, prey) => readsFile(attacker, prey.sealedFile, prey.secret),
  },
  {
    name: 'reads a file through the root of its own process',
    attempt: (attacker, prey) => readsFile(attacker, `/proc/self/root${prey.openFile}`, prey.secret),
  },
  {
    name: 'climbs out of its folder',
    attempt: (attacker, prey) => readsFile(attacker, `${'../'.repeat(40)}${prey.openFile}`, prey.secret),
  },
  {
    name: 'opens by openat2, which a filter may not know',
    attempt: async (attacker, prey) => {
      const how = await attacker.place(structure(0n, 0n, 0n));
      const fd = await attacker.call(437, HERE, await attacker.text(prey.openFile), how, 24);
      return fd >= 0n && (await reads(attacker, fd, prey.secret));
    },
  },
  {
    name: 'reaches a file by a symbolic link of its own',
    attempt: async (attacker, prey) => {
      const link = join(prey.openFolder, 'link');
      await attacker.call(88, await attacker.text(prey.openFile), await attacker.text(link));
      return await readsFile(attacker, link, prey.secret);
    },
  },
  {
    name: 'reaches a sealed file by a hard link of its own',
    attempt: async (attacker, prey) => {
      const link = join(prey.openFolder, 'link');
      await attacker.call(86, await attacker.text(prey.sealedFile), await attacker.text(link));
      return await readsFile(attacker, link, prey.secret);
    },
  },
  {
    name: 'opens a file by its handle, past every path',
    needsRoot: true,
    attempt: async (attacker, prey) => {
      const handle = await attacker.place(structure(128, 0, '00'.repeat(128)));
      const path = await attacker.text(prey.openFile);
      const named = await attacker.call(303, HERE, path, handle, attacker.reserve(8), 0);
      if (named !== 0n) return false;
      const root = await attacker.call(2, await attacker.text('/tmp'), OPEN.folder);
      const fd = await attacker.call(304, root, handle, 0);
      return fd >= 0n && (await reads(attacker, fd, prey.secret));
    },
  },
  {
    name: 'lists a folder of the host',
    attempt: async (attacker, prey) => {
      const fd = await attacker.call(2, await attacker.text(prey.folder), OPEN.folder);
      const room = attacker.reserve(4_096);
      const count = fd < 0n ? -1n : await attacker.call(217, fd, room, 4_096);
      return count > 0n && Buffer.from(await attacker.peek(room, Number(count))).includes('sealed');
    },
  },
  {
    name: 'reads a descriptor that the service has leaked',
    place: (prey) => ({ planted: [prey.leak()] }),
    attempt: async (attacker, prey) => {
      for (let fd = 4; fd < 32; fd += 1) if (await reads(attacker, fd, prey.secret)) return true;
      return false;
    },
  },
];

const writing: readonly Attack[] = [
  {
    name: 'writes a file of the host',
    attempt: async (attacker, prey) => {
      const file = join(prey.openFolder, 'file');
      await writesFile(attacker, file, OPEN.create | OPEN.writeOnly).catch(() => false);
      return existsSync(file) && statSync(file).size > 0;
    },
  },
  {
    name: 'makes empty files until the host has no room for more',
    attempt: async (attacker, prey) => {
      for (const name of ['a', 'b', 'c']) {
        const path = await attacker.text(join(prey.openFolder, name));
        const fd = await attacker.call(2, path, OPEN.create | OPEN.writeOnly, 0o644);
        if (fd >= 0n) await attacker.call(3, fd);
      }
      return readdirSync(prey.openFolder).length === 3;
    },
  },
  {
    name: 'keeps bytes in shared memory, beyond every limit on files',
    attempt: async (attacker, prey) => {
      const file = join('/dev/shm', prey.secret);
      try {
        return await writesFile(attacker, file, OPEN.create | OPEN.readWrite);
      } finally {
        rmSync(file, { force: true });
      }
    },
  },
  {
    name: 'keeps bytes in a file without a name',
    attempt: async (attacker) => {
      const fd = await attacker.call(319, await attacker.text('hidden'), 0);
      return fd >= 0n && (await attacker.call(1, fd, await attacker.text('written'), 7)) === 7n;
    },
  },
  {
    name: 'removes a file of the host',
    attempt: async (attacker, prey) => {
      await attacker.call(87, await attacker.text(prey.openFile));
      return !existsSync(prey.openFile);
    },
  },
  {
    name: 'makes a device of a disk',
    needsRoot: true,
    attempt: async (attacker, prey) =>
      (await attacker.call(133, await attacker.text(join(prey.openFolder, 'disk')), BLOCK_DEVICE | 0o600, 0x0700)) ===
      0n,
  },
  {
    name: 'opens the setting that names a program for core dumps, to write it',
    needsRoot: true,
    attempt: async (attacker) =>
      // Opened and never written: outside the wall it is the machine's own.
      (await attacker.call(2, await attacker.text('/proc/sys/kernel/core_pattern'), OPEN.writeOnly)) >= 0n,
  },
  {
    name: 'opens the one setting that it can see, to write it',
    needsRoot: true,
    attempt: async (attacker) =>
      (await attacker.call(2, await attacker.text('/proc/sys/vm/overcommit_memory'), OPEN.writeOnly)) >= 0n,
  },
  {
    name: 'mounts a file system in namespaces of its own',
    attempt: async (attacker) => {
      if ((await attacker.call(272, OWN_MOUNTS)) !== 0n) return false;
      const type = await attacker.text('tmpfs');
      return (await attacker.call(165, type, await attacker.text('/dev'), type, 0, 0)) === 0n;
    },
  },
];

const holding: readonly Attack[] = [
  {
    name: 'holds up whoever replaces a library of the host, by a lease on it',
    needsRoot: true,
    attempt: async (attacker) => {
      const fd = await opensFirst(attacker, LIBRARIES);
      return fd >= 0n && (await attacker.call(72, fd, TAKE_LEASE, READ_LOCK)) === 0n;
    },
  },
  {
    name: 'signals to another job by locks on a file that both can see',
    attempt: async (attacker, prey) => {
      const other = await prey.accomplice();
      const lock = (kind: number) => structure(kind, 0, 0n, 0n, 0n, 0n);
      const mine = await opensFirst(attacker, LIBRARIES);
      const theirs = await opensFirst(other, LIBRARIES);
      if (mine < 0n || theirs < 0n) return false;
      if ((await attacker.call(72, mine, SET_LOCK, await attacker.place(lock(READ_LOCK)))) !== 0n) return false;
      const asked = await other.place(lock(WRITE_LOCK));
      if ((await other.call(72, theirs, ASK_LOCK, asked)) !== 0n) return false;
      // A read lock of somebody stands in the way: that is one bit, as often as both like.
      return Buffer.from(await other.peek(asked, 2)).readInt16LE() === READ_LOCK;
    },
  },
];

describe('files of the host', () => {
  it.each(shownHere('files', [...reading, ...writing, ...holding]))(
    'holds when it $name',
    async (attack) => {
      expect(await tryAttack('files', attack)).toMatchObject({ isEscape: false, isBlank: false });
    },
    ATTACK_MS,
  );
});
