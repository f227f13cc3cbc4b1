// The hostile program of the self-test: it runs in the worker's place, tries what an exploited engine would try,
// and reports for each attempt whether it was denied. It imports nothing of the worker, since it is also run
// outside, where its report must say what is open.
import { spawnSync } from 'node:child_process';
import * as dgram from 'node:dgram';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';

const ANSWER_FD = 3;
// A refusal is told at once; the rest is for a machine under load, where a timer may be due before an answer is read.
const ATTEMPT_MS = 10_000;
// Far above what a service may have open at once by default; the limit of a worker does not close what it inherits.
const MAX_DESCRIPTOR_COUNT = 4_096;
// The limit of a worker, so that Node's own descriptors stay below it; one beyond was inherited, whatever it is.
const OWN_DESCRIPTOR_COUNT = 64;
const WRITE_PLACES = ['/', '/tmp', '/dev', '/dev/shm', '/galley', '/galley/code', '/proc', '/var/tmp', '/usr/lib'];
const HOST_FILES = ['/etc/passwd', '/etc/hostname', '/etc/shadow', '/root', '/home', '/usr/bin/env', '/sys/kernel'];
const PROCESS_FILES = ['/proc/self/mem', '/proc/self/environ', '/proc/self/maps', '/proc/self/fd'];
const PROCESS_ONE_FILES = ['/proc/1/mem', '/proc/1/environ', '/proc/1/root', '/proc/1/cwd'];
const KERNEL_SETTINGS = ['/proc/sys/kernel/core_pattern', '/proc/sys/vm/drop_caches', '/proc/sys/vm/overcommit_memory'];
const VISIBLE_AT_ROOT = new Set(['dev', 'galley', 'lib', 'lib64', 'proc', 'usr']);
const VISIBLE_DEVICES = new Set(['null', 'urandom']);
// The service's own user may read it and nobody else; it is bound like everything else of this folder.
const PRIVATE_FILE = path.join(import.meta.dirname, '../private');
const CODE_FILES = [process.execPath, import.meta.filename, PRIVATE_FILE];
// A worker of another job, by the number it has outside; it waits until this program is done.
const OTHER_WORKER = process.argv.at(-1)?.match(/^\d+$/)?.[0] ?? String(process.ppid);
// Reserved and never touched: beyond the wall it costs nothing. In pieces, since a small machine refuses one that is
// larger than all of its memory whatever the limits of a process are.
const BOMB_PIECE_BYTES = 500_000_000;
const BOMB_PIECES_COUNT = 32;

const report: Record<string, boolean | number> = {
  uid: process.getuid?.() ?? 0,
  'is-not-root': process.getuid?.() !== 0,
  'is-process-one': process.pid === 1,
  'has-no-environment': Object.keys(process.env).every((name) => name === 'PWD'),
  'holds-no-other-descriptor': holdsNoOtherDescriptor(),
  'answers-on-one-descriptor': answersOnOneDescriptor(),
  'opens-no-more-descriptors': opensNoMoreDescriptors(),
  'reads-no-private-file': fs.existsSync(PRIVATE_FILE) && cannotRead(PRIVATE_FILE),
  'changes-no-code': CODE_FILES.every(cannotOpenForWriting),
  'reaches-no-other-worker': reachesNoOtherWorker(),
  'reads-no-host-file': HOST_FILES.every(cannotRead),
  'reads-no-own-process-files': PROCESS_FILES.every(cannotRead),
  'reads-no-process-one': PROCESS_ONE_FILES.every(cannotRead),
  'sees-only-the-worker': seesOnlyTheWorker(),
  'writes-no-file': WRITE_PLACES.every(cannotWriteIn),
  'sets-no-core-pattern': KERNEL_SETTINGS.every(cannotOpenForWriting),
  'takes-no-more-memory': takesNoMoreMemory(),
  'starts-no-program': spawnSync(process.execPath, ['--version']).error !== undefined,
  'signals-nobody': isDenied(() => process.kill(-1, 0)),
  'becomes-no-other-user':
    isDenied(() => process.setuid?.(otherUser())) && isDenied(() => process.setgid?.(otherUser())),
  'opens-no-tcp-socket':
    (await cannotListen({ port: 0, host: '127.0.0.1' })) && (await cannotConnect({ port: 9, host: '127.0.0.1' })),
  'listens-on-no-unix-socket': await cannotListen({ path: '\0galley-hostile' }),
  'sends-no-datagram': await cannotSendDatagram(),
};

fs.writeSync(ANSWER_FD, JSON.stringify(report));
process.exit(0);

// Node's own descriptors are kernel objects without a file type (epoll, eventfd) and pipes whose two ends it holds;
// any other came from the service: a file, a socket, a terminal, one end of a pipe.
function holdsNoOtherDescriptor(): boolean {
  const endsOfPipes = new Map<number, string[]>();
  for (let fd = ANSWER_FD + 1; fd < MAX_DESCRIPTOR_COUNT; fd += 1) {
    const stat = statOf(fd);
    if (stat === null) continue;
    if (fd >= OWN_DESCRIPTOR_COUNT) return false;
    if (stat.isFIFO()) endsOfPipes.set(stat.ino, [...(endsOfPipes.get(stat.ino) ?? []), pipeEnd(fd)]);
    else if ((stat.mode & fs.constants.S_IFMT) !== 0) return false;
  }
  return [...endsOfPipes.values()].every((ends) => ends.sort().join() === 'read,write');
}

function pipeEnd(fd: number): 'read' | 'write' {
  // Writing nothing changes nothing, and only the end that can be written to allows it.
  return isDenied(() => fs.writeSync(fd, new Uint8Array(0))) ? 'read' : 'write';
}

// Descriptors 1 and 2 lead to the null device; what the service reads is descriptor 3 alone.
function answersOnOneDescriptor(): boolean {
  const nothing = new Uint8Array(0);
  const isNull = (fd: number) => statOf(fd)?.rdev === fs.statSync('/dev/null').rdev;
  return isNull(1) && isNull(2) && isDenied(() => fs.writeSync(0, nothing));
}

function opensNoMoreDescriptors(): boolean {
  const opened: number[] = [];
  try {
    while (opened.length < MAX_DESCRIPTOR_COUNT) opened.push(fs.openSync('/dev/null', 'r'));
    return false;
  } catch {
    return true;
  } finally {
    for (const fd of opened) fs.closeSync(fd);
  }
}

function takesNoMoreMemory(): boolean {
  const pieces: Buffer[] = [];
  return isDenied(() => {
    while (pieces.length < BOMB_PIECES_COUNT) pieces.push(Buffer.alloc(BOMB_PIECE_BYTES));
  });
}

function reachesNoOtherWorker(): boolean {
  const files = ['mem', 'environ', 'fd', 'root', 'maps'].map((name) => `/proc/${OTHER_WORKER}/${name}`);
  return files.every(cannotRead) && isDenied(() => process.kill(Number(OTHER_WORKER), 0));
}

function statOf(fd: number): fs.Stats | null {
  try {
    return fs.fstatSync(fd);
  } catch {
    return null;
  }
}

function isDenied(attempt: () => unknown): boolean {
  try {
    attempt();
    return false;
  } catch {
    return true;
  }
}

function cannotRead(path: string): boolean {
  return isDenied(() =>
    fs.statSync(path).isDirectory() ? fs.readdirSync(path) : fs.closeSync(fs.openSync(path, 'r')),
  );
}

function cannotOpenForWriting(path: string): boolean {
  // Opened and closed, never written: outside the wall this is the machine's own setting.
  return isDenied(() => fs.closeSync(fs.openSync(path, 'r+')));
}

function cannotWriteIn(folder: string): boolean {
  const file = `${folder}/galley-hostile-${process.pid}`;
  return isDenied(() => {
    fs.writeFileSync(file, '');
    fs.unlinkSync(file);
  });
}

function seesOnlyTheWorker(): boolean {
  try {
    return (
      fs.readdirSync('/').every((name) => VISIBLE_AT_ROOT.has(name)) &&
      fs.readdirSync('/dev').every((name) => VISIBLE_DEVICES.has(name))
    );
  } catch {
    return false;
  }
}

function otherUser(): number {
  return process.getuid?.() === 0 ? 1 : 0;
}

// A refused system call and a closed port differ by their code: ECONNREFUSED means that there was a network to ask.
function cannotConnect(options: net.TcpNetConnectOpts): Promise<boolean> {
  return settle((done) => {
    try {
      const socket = net.connect(options, () => done(false));
      socket.on('error', (error: NodeJS.ErrnoException) => done(error.code === 'EPERM'));
    } catch {
      done(true);
    }
  });
}

function cannotListen(options: net.ListenOptions): Promise<boolean> {
  return settle((done) => {
    const server = net.createServer();
    server.on('error', () => done(true));
    server.listen(options, () => server.close(() => done(false)));
  });
}

function cannotSendDatagram(): Promise<boolean> {
  return settle((done) => {
    const socket = dgram.createSocket('udp4');
    socket.on('error', () => done(true));
    socket.send('x', 9, '127.0.0.1', (error) => {
      done(error !== null);
    });
  });
}

function settle(attempt: (done: (isDenied: boolean) => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ATTEMPT_MS).unref();
    attempt(resolve);
  });
}
