import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';

import { assembleSeccompProgram, type SeccompMode } from './seccomp-program.ts';
import { ABSENT_CALLS, ALLOWED_CALLS, FATAL_CALLS, FIRST_UNKNOWN_CALL, NARROWED_CALLS } from './system-calls.ts';

const X86_64 = 0xc000003e;
const AARCH64 = 0xc00000b7;
const THREAD = 0x003d0f00;
const VERDICTS: Readonly<Record<number, string>> = {
  2147418112: 'allow',
  2147483648: 'kill',
  327681: 'EPERM',
  327718: 'ENOSYS',
};

const LISTS = [ALLOWED_CALLS, NARROWED_CALLS, FATAL_CALLS, ABSENT_CALLS];

/** Names and numbers as the kernel's own header has them. */
const kernelNumbers = new Map(
  fs
    .readFileSync(path.join(import.meta.dirname, 'testdata/system-call-numbers.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line): [string, number] => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]),
);

const programs = {
  kill: new DataView(assembleSeccompProgram('kill').buffer),
  refuse: new DataView(assembleSeccompProgram('refuse').buffer),
};

/** Runs the program as the kernel would, on one call. */
function judge(mode: SeccompMode, call: number, args: readonly number[] = [], arch = X86_64): string | undefined {
  const program = programs[mode];
  const words = new Map([
    [0, call],
    [4, arch],
  ]);
  args.forEach((argument, index) => {
    words.set(16 + 8 * index, argument % 2 ** 32);
    words.set(20 + 8 * index, Math.floor(argument / 2 ** 32));
  });
  let accumulator = 0;
  for (let at = 0; at < program.byteLength; at += 8) {
    const code = program.getUint16(at, true);
    const operand = program.getUint32(at + 4, true);
    if (code === 0x06) return VERDICTS[operand];
    if (code === 0x20) accumulator = words.get(operand) ?? 0;
    else {
      const isTaken = { 21: accumulator === operand, 53: accumulator >= operand, 69: (accumulator & operand) !== 0 }[
        code
      ];
      at += 8 * program.getUint8(at + (isTaken ? 2 : 3));
    }
  }
  return undefined;
}

/** Which of the values of one argument are allowed, all others being zero. */
function allowed(name: keyof typeof NARROWED_CALLS, index: number, values: readonly number[]): number[] {
  return values.filter((value) => {
    const args = [0, 0, 0, 0].with(index, value);
    return judge('kill', NARROWED_CALLS[name], args) === 'allow';
  });
}

const upTo = (end: number) => Array.from({ length: end }, (_, value) => value);

describe('the seccomp program', () => {
  it('allows every call of its list and kills for every fatal one', () => {
    for (const call of Object.values(ALLOWED_CALLS)) expect(judge('kill', call)).toBe('allow');
    for (const call of Object.values(FATAL_CALLS)) expect(judge('kill', call)).toBe('kill');
    for (const call of Object.values(FATAL_CALLS)) expect(judge('refuse', call)).toBe('EPERM');
    for (const call of Object.values(ABSENT_CALLS)) expect(judge('kill', call)).toBe('ENOSYS');
  });

  it('refuses every call nobody named, and has none that a later kernel brings', () => {
    const named = new Set(LISTS.flatMap((calls) => Object.values(calls)));
    for (let call = 0; call < 1000; call += 1) {
      if (!named.has(call)) expect(judge('kill', call)).toBe(call < FIRST_UNKNOWN_CALL ? 'EPERM' : 'ENOSYS');
    }
  });

  it('names no call twice, and each by the number that the kernel has for it', () => {
    const calls = LISTS.flatMap((list) => Object.entries(list));
    expect(new Set(calls.map(([, number]) => number)).size).toBe(calls.length);
    for (const [name, number] of calls) expect([name, kernelNumbers.get(name)]).toEqual([name, number]);
    expect(Math.max(...kernelNumbers.values())).toBe(FIRST_UNKNOWN_CALL - 1);
  });

  it('ends in a verdict for every argument of a narrowed call', () => {
    for (const call of Object.values(NARROWED_CALLS)) {
      for (let value = 0; value < 64; value += 1) {
        expect(judge('kill', call, [value, value, value, value])).toMatch(/^(allow|kill|EPERM)$/);
      }
    }
  });

  it('allows threads, and neither processes nor namespaces', () => {
    const { clone } = NARROWED_CALLS;
    expect(judge('kill', clone, [THREAD])).toBe('allow');
    expect(judge('kill', clone, [17])).toBe('kill');
    for (const namespace of [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(judge('kill', clone, [THREAD + namespace])).toBe('kill');
    }
  });

  it('kills for typing into a terminal, and refuses every request of a device', () => {
    const { ioctl } = NARROWED_CALLS;
    expect(judge('kill', ioctl, [0, 0x5412])).toBe('kill');
    expect(judge('kill', ioctl, [0, 0x541c])).toBe('kill');
    expect(allowed('ioctl', 1, [...upTo(0x100), ...upTo(0x100).map((low) => 0x5400 + low), 0x8933])).toEqual([
      0x5401, 0x541b, 0x5421, 0x5450, 0x5451,
    ]);
  });

  it('allows signals to threads of the worker alone', () => {
    expect(judge('kill', NARROWED_CALLS.tgkill, [1, 7])).toBe('allow');
    expect(judge('kill', NARROWED_CALLS.tgkill, [2, 2])).toBe('kill');
  });

  it('lets a worker read its limits, and change none and read nobody else’s', () => {
    const { prlimit64 } = NARROWED_CALLS;
    expect(judge('kill', prlimit64, [0, 7, 0, 0x7fff_1234_5678])).toBe('allow');
    expect(judge('kill', prlimit64, [1, 7, 0, 0])).toBe('EPERM');
    expect(judge('kill', prlimit64, [0, 7, 0x1234_5678, 0])).toBe('EPERM');
    expect(judge('kill', prlimit64, [0, 7, 0x7fff_0000_0000, 0])).toBe('EPERM');
  });

  it('lets a worker name itself and its memory, and change nothing else about itself', () => {
    expect(allowed('prctl', 0, [...upTo(100), 0x53564d41, 0x59616d61])).toEqual([15, 16, 0x53564d41]);
    // By option 1 it would outlive the service.
    expect(judge('kill', NARROWED_CALLS.prctl, [1])).toBe('kill');
    expect(judge('kill', NARROWED_CALLS.prctl, [22])).toBe('EPERM');
  });

  it('gives no memory that is shared, locked or huge, and none that the kernel compares with others’', () => {
    const { mmap, madvise } = NARROWED_CALLS;
    expect(judge('kill', mmap, [0, 4096, 3, 0x22])).toBe('allow');
    for (const flag of [0x21, 0x2022, 0x40022]) expect(judge('kill', mmap, [0, 4096, 3, flag])).toBe('EPERM');
    expect(judge('kill', madvise, [0, 4096, 4])).toBe('allow');
    expect(judge('kill', madvise, [0, 4096, 12])).toBe('EPERM');
  });

  it('kills for calls of another architecture and for the 32-bit ones of this', () => {
    expect(judge('kill', 0, [], AARCH64)).toBe('kill');
    expect(judge('kill', 0x40000000)).toBe('kill');
  });
});
