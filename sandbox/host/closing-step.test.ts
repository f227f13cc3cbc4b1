import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { closingArguments, LAST_KEPT_FD } from './closing-step.ts';
import { stageRuntime } from './runtime-folder.ts';
import { HOSTILE_SCRIPT, observe } from './self-test.ts';
import { asUser, openWorkerUsers } from './worker-users.ts';

const runtime = stageRuntime();
const users = openWorkerUsers();
const user = users.claim();
const hostile = [runtime.node, path.join(runtime.code, HOSTILE_SCRIPT)];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-descriptors-'));
const secretPath = path.join(folder, 'secret');
fs.writeFileSync(secretPath, 'not for workers');
const secretFd = fs.openSync(secretPath, 'r');
const deviceFd = fs.openSync('/dev/null', 'r');
afterAll(async () => {
  await users.close();
  fs.closeSync(secretFd);
  fs.closeSync(deviceFd);
  fs.rmSync(folder, { recursive: true });
});

/** Node stops marking what it inherits at the first gap above 15: these numbers lie beyond it, one above any limit. */
const BEYOND_THE_GAP_FD = 20;
const BEYOND_THE_LIMIT_FD = 90;

/** The descriptors of a child process, `planted` at the numbers given and nothing between. */
function stdioWith(planted: Record<number, number | 'pipe'>): ('pipe' | 'ignore' | number)[] {
  const stdio: ('pipe' | 'ignore' | number)[] = ['pipe', 'ignore', 'ignore', 'pipe'];
  for (const [fd, source] of Object.entries(planted)) {
    while (stdio.length < Number(fd)) stdio.push('ignore');
    stdio[Number(fd)] = source;
  }
  return stdio;
}

/** Runs the hostile program without the wall and tells whether it holds only what is Node's own. */
async function holdsOnlyItsOwn(command: string[], planted: Record<number, number | 'pipe'> = {}): Promise<unknown> {
  const [program, ...rest] = command as [string, ...string[]];
  const child = spawn(program, rest, { ...asUser(user), stdio: stdioWith(planted) });
  return (await observe(child)).report['holds-no-other-descriptor'];
}

/**
 * The hostile program with one descriptor passed on; the closing step runs first, so that only this one can be found.
 */
function passOn(redirection: string): string[] {
  return [...closingArguments(), 'bash', '-c', `"$0" "$1" ${redirection}`, ...hostile];
}

function linkOf(fd: string): string | null {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return null;
  }
}

describe('the closing step', () => {
  it("leaves a worker what is Node's own, whatever was passed on", async () => {
    const planted = { 5: 'pipe', [BEYOND_THE_GAP_FD]: secretFd, [BEYOND_THE_LIMIT_FD]: secretFd } as const;
    expect(await holdsOnlyItsOwn([...closingArguments(), ...hostile])).toBe(true);
    expect(await holdsOnlyItsOwn([...closingArguments(), ...hostile], planted)).toBe(true);
  });

  it('is missed: without it a file, a socket, a device and one end of a pipe are found', async () => {
    expect(await holdsOnlyItsOwn(passOn(''))).toBe(true);
    expect(await holdsOnlyItsOwn(passOn('20</etc/hostname'))).toBe(false);
    expect(await holdsOnlyItsOwn(passOn('20</'))).toBe(false);
    expect(await holdsOnlyItsOwn(passOn('20</dev/null'))).toBe(false);
    expect(await holdsOnlyItsOwn(passOn('20<&0'))).toBe(false);
    // Bash keeps the one end it opens twice.
    expect(await holdsOnlyItsOwn(passOn('20< <(sleep 1)'))).toBe(false);
    expect(await holdsOnlyItsOwn(passOn('20> >(cat)'))).toBe(false);
  });

  it("is missed where a worker could open nothing itself, even for an object that could be Node's own", async () => {
    const eventFd = fs.readdirSync('/proc/self/fd').find((fd) => linkOf(fd) === 'anon_inode:[eventfd]');
    const planted = { [LAST_KEPT_FD]: Number(eventFd) };
    expect(await holdsOnlyItsOwn(passOn(''), planted)).toBe(true);
    expect(await holdsOnlyItsOwn(passOn(`${BEYOND_THE_LIMIT_FD}<&${LAST_KEPT_FD}`), planted)).toBe(false);
  });
});

describe('a service that inherited descriptors', () => {
  it('opens its wall, and none of them reaches a process behind it', async () => {
    const held = await descriptorsBehindWall({
      5: secretFd,
      [BEYOND_THE_GAP_FD]: secretFd,
      [BEYOND_THE_GAP_FD + 1]: 'pipe',
      [BEYOND_THE_GAP_FD + 2]: deviceFd,
      [BEYOND_THE_LIMIT_FD]: secretFd,
    });
    // Two spares, each as bubblewrap and as the worker itself.
    expect(held.processCount).toBeGreaterThanOrEqual(4);
    expect(held.ownLinks).toContain(secretPath);
    expect(held.childLinks).not.toContain(secretPath);
    expect(held.childLinks.filter((link) => link.startsWith('socket:') && held.plantedLinks.includes(link))).toEqual(
      [],
    );
  });
});

interface Held {
  processCount: number;
  ownLinks: string[];
  plantedLinks: string[];
  childLinks: string[];
}

/** Opens a wall in a service with `planted` descriptors and lists what it and the processes behind the wall hold. */
async function descriptorsBehindWall(planted: Record<number, number | 'pipe'>): Promise<Held> {
  const script = `
    const fs = await import('node:fs');
    const { openWall } = await import(${JSON.stringify(path.join(import.meta.dirname, '../index.ts'))});
    const linksOf = (pid) => fs.readdirSync('/proc/' + pid + '/fd').flatMap((fd) => {
      try { return [fs.readlinkSync('/proc/' + pid + '/fd/' + fd)]; } catch { return []; }
    });
    const childrenOf = (pid) => fs.readFileSync('/proc/' + pid + '/task/' + pid + '/children', 'utf8')
      .trim().split(' ').filter(Boolean).flatMap((child) => [child, ...childrenOf(child)]);
    const ownLinks = linksOf('self');
    const plantedLinks = ${JSON.stringify(Object.keys(planted))}.map((fd) => fs.readlinkSync('/proc/self/fd/' + fd));
    const wall = await openWall();
    // A job proves that workers run; the spares that are asked about are the ones started after it.
    await wall.parse('select 1', { deadlineMs: 60000 });
    // One that is still on its way in shows its descriptors to nobody.
    const isIn = (pid) => { try { return linksOf(pid).length > 0; } catch { return false; } };
    let children = [];
    while (children.length < 4 || !children.every(isIn)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      children = childrenOf(process.pid);
    }
    const childLinks = children.flatMap(linksOf);
    fs.writeSync(3, JSON.stringify({ processCount: children.length, ownLinks, plantedLinks, childLinks }));
    await wall.close();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: Object.assign(stdioWith(planted), { 2: 'inherit' }),
  });
  const { report } = await observe(child);
  return report as unknown as Held;
}
