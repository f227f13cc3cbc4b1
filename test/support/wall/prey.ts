import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import * as dgram from 'node:dgram';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';

import { NativeAttacker, type WallLayer } from '../../../sandbox/testkit/index.ts';

/** Most time for a deed to be seen by whom it was done to; all of them are on this machine. */
const SEEN_MS = 8_000;
const LOOK_MS = 10;

/** Tells whether this run is root's. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** What an attacker would like to have: files, listeners and processes of the host, made for one attempt. */
export class Prey implements AsyncDisposable {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'galley-prey-'));
  readonly secret = randomUUID();
  /** Anybody of the host may read it. */
  readonly openFile = path.join(this.folder, 'open');
  /** Only the service's own user may. */
  readonly sealedFile = path.join(this.folder, 'sealed');
  /** Anybody of the host may write in it. */
  readonly openFolder = path.join(this.folder, 'writable');
  readonly #closing: (() => Promise<unknown> | unknown)[] = [];

  readonly #without: readonly WallLayer[];

  constructor(without: readonly WallLayer[]) {
    this.#without = without;
    fs.chmodSync(this.folder, 0o755);
    fs.writeFileSync(this.openFile, this.secret, { mode: 0o644 });
    fs.writeFileSync(this.sealedFile, this.secret, { mode: 0o600 });
    fs.mkdirSync(this.openFolder);
    fs.chmodSync(this.openFolder, 0o777);
  }

  /** A descriptor that the service has leaked. */
  leak(): number {
    const fd = fs.openSync(this.sealedFile, 'r');
    this.#closing.push(() => fs.closeSync(fd));
    return fd;
  }

  /** A port of the service, and whether anybody came. */
  async port(): Promise<{ port: number; wasReached: () => Promise<boolean> }> {
    let isReached = false;
    const server = net.createServer((socket) => {
      isReached = true;
      socket.on('error', () => {});
      socket.end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#closing.push(() => server.close());
    return { port: (server.address() as net.AddressInfo).port, wasReached: () => becomesTrue(() => isReached) };
  }

  /** A datagram port of the host. */
  async datagramPort(): Promise<{ port: number; wasReached: () => Promise<boolean> }> {
    let isReached = false;
    const socket = dgram.createSocket('udp4', () => {
      isReached = true;
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    this.#closing.push(() => socket.close());
    return { port: socket.address().port, wasReached: () => becomesTrue(() => isReached) };
  }

  /** A unix socket of the host: at a path, or, beginning with NUL, in the abstract name space. */
  async unixSocket(isAbstract: boolean): Promise<{ name: string; wasReached: () => Promise<boolean> }> {
    let isReached = false;
    const name = isAbstract ? `\0galley-${randomUUID()}` : path.join(this.openFolder, 'socket');
    const server = net.createServer((socket) => {
      isReached = true;
      socket.on('error', () => {});
      socket.end();
    });
    server.listen(name);
    await once(server, 'listening');
    if (!isAbstract) fs.chmodSync(name, 0o777);
    this.#closing.push(() => server.close());
    return { name, wasReached: () => becomesTrue(() => isReached) };
  }

  /** A process of the service's own user. */
  async bystander(): Promise<Bystander> {
    const child = spawn('/bin/sleep', ['600'], { stdio: 'ignore', env: { GALLEY_KEY: this.secret } });
    await once(child, 'spawn');
    this.#closing.push(() => child.kill('SIGKILL'));
    return new Bystander(child);
  }

  /** A second attacker, placed as the first one is. */
  accomplice(): NativeAttacker {
    return this.#worker(this.#without);
  }

  /** A worker with another job's data in its memory, behind the whole wall. */
  async otherWorker(): Promise<OtherWorker> {
    const worker = this.#worker([]);
    const address = await worker.text(this.secret);
    const pid = worker.processes[0];
    if (pid === undefined) throw new Error('the other worker has no process');
    return { pid, uid: fs.statSync(`/proc/${pid}`).uid, address, worker };
  }

  #worker(without: readonly WallLayer[]): NativeAttacker {
    const worker = new NativeAttacker({ without });
    this.#closing.push(async () => {
      await worker.end();
      worker.sweep();
    });
    return worker;
  }

  /** Ends and removes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closing.reverse()) await close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A process that has done nothing to anybody. */
export class Bystander {
  readonly pid: number;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
  }

  /** Tells whether it still runs. */
  get isAlive(): boolean {
    return this.#child.signalCode === null && this.#child.exitCode === null;
  }

  /** Tells whether somebody has ended it. */
  wasKilled(): Promise<boolean> {
    return becomesTrue(() => !this.isAlive);
  }
}

/** Another job's worker. */
export interface OtherWorker {
  readonly pid: number;
  readonly uid: number;
  /** Where its secret is in its memory. */
  readonly address: bigint;
  readonly worker: NativeAttacker;
}

/** Makes what one attempt is after. */
export async function openPrey(without: readonly WallLayer[]): Promise<Prey> {
  return new Prey(without);
}

/** Waits until something shows; false when it does not. */
export async function becomesTrue(shows: () => boolean): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < SEEN_MS; waitedMs += LOOK_MS) {
    if (shows()) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return shows();
}
