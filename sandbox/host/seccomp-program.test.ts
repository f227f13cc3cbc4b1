import { describe, expect, it } from 'vitest';

import { assembleSeccompProgram, type SeccompMode } from './seccomp-program.ts';
import { ABSENT_CALLS, ALLOWED_CALLS, FATAL_CALLS } from './system-calls.ts';

const X86_64 = 0xc000003e;
const AARCH64 = 0xc00000b7;
const CLONE = 56;
const IOCTL = 16;
const THREAD = 0x003d0f00;
const VERDICTS: Readonly<Record<number, string>> = {
  2147418112: 'allow',
  2147483648: 'kill',
  327681: 'EPERM',
  327718: 'ENOSYS',
};

/** Runs the program as the kernel would, on one call. */
function judge(mode: SeccompMode, call: number, args: [number?, number?] = [], arch = X86_64): string | undefined {
  const program = new DataView(assembleSeccompProgram(mode).buffer);
  const words: Record<number, number> = { 0: call, 4: arch, 16: args[0] ?? 0, 24: args[1] ?? 0 };
  let accumulator = 0;
  for (let at = 0; at < program.byteLength; at += 8) {
    const code = program.getUint16(at, true);
    const operand = program.getUint32(at + 4, true);
    if (code === 0x06) return VERDICTS[operand];
    if (code === 0x20) accumulator = words[operand] ?? 0;
    else {
      const isTaken = { 21: accumulator === operand, 53: accumulator >= operand, 69: (accumulator & operand) !== 0 }[
        code
      ];
      at += 8 * program.getUint8(at + (isTaken ? 2 : 3));
    }
  }
  return undefined;
}

describe('the seccomp program', () => {
  it('allows every call of its list and kills for every fatal one', () => {
    for (const call of Object.values(ALLOWED_CALLS)) expect(judge('kill', call)).toBe('allow');
    for (const call of Object.values(FATAL_CALLS)) expect(judge('kill', call)).toBe('kill');
    for (const call of Object.values(FATAL_CALLS)) expect(judge('refuse', call)).toBe('EPERM');
    for (const call of Object.values(ABSENT_CALLS)) expect(judge('kill', call)).toBe('ENOSYS');
  });

  it('refuses every call nobody named', () => {
    const named = new Set([ALLOWED_CALLS, FATAL_CALLS, ABSENT_CALLS].flatMap((calls) => Object.values(calls)));
    for (let call = 0; call < 1000; call += 1) {
      if (!named.has(call) && call !== CLONE) expect(judge('kill', call)).toBe('EPERM');
    }
  });

  it('names no call twice', () => {
    const calls = [ALLOWED_CALLS, FATAL_CALLS, ABSENT_CALLS].flatMap((list) => Object.values(list));
    expect(new Set(calls).size).toBe(calls.length);
  });

  it('allows threads, and neither processes nor namespaces', () => {
    expect(judge('kill', CLONE, [THREAD])).toBe('allow');
    expect(judge('kill', CLONE, [17])).toBe('kill');
    for (const namespace of [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(judge('kill', CLONE, [THREAD | namespace])).toBe('kill');
    }
  });

  it('kills for typing into a terminal', () => {
    expect(judge('kill', IOCTL, [0, 0x5412])).toBe('kill');
    expect(judge('kill', IOCTL, [0, 0x541c])).toBe('kill');
    expect(judge('kill', IOCTL, [0, 0x5401])).toBe('allow');
  });

  it('kills for calls of another architecture and for the 32-bit ones of this', () => {
    expect(judge('kill', 0, [], AARCH64)).toBe('kill');
    expect(judge('kill', 0x40000000)).toBe('kill');
  });
});
