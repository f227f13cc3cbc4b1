// A seccomp filter is a classic BPF program over {nr, arch, ip, args}. It is assembled here so that no native code
// of ours is needed. The list is an allow-list: a call nobody named is refused, and one with no honest use ends the
// process at once.
import { ABSENT_CALLS, ALLOWED_CALLS, FATAL_CALLS } from './system-calls.ts';

/**
 * What a fatal call does: ends the worker (what ships) or is refused with EPERM (so that the self-test can see each
 * refusal).
 */
export type SeccompMode = 'kill' | 'refuse';

// linux/seccomp.h, linux/audit.h, linux/bpf_common.h
const RETURN_ALLOW = 0x7fff0000;
const RETURN_KILL_PROCESS = 0x80000000;
const RETURN_ERRNO = 0x00050000;
const ARCH_X86_64 = 0xc000003e;
const FIRST_X32_CALL = 0x40000000;
const LOAD_WORD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const RETURN = 0x06;

const NR_OFFSET = 0;
const ARCH_OFFSET = 4;
const ARG0_OFFSET = 16;
const ARG1_OFFSET = 24;

const EPERM = 1;
const ENOSYS = 38;

const CLONE_CALL = 56;
const CLONE_THREAD = 0x00010000;
// NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET
const CLONE_NEW_ANY = 0x7e020000;

const IOCTL_CALL = 16;
// Both push characters into a terminal as if its user had typed them.
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

const BYTES_PER_INSTRUCTION = 8;

interface Instruction {
  code: number;
  jumpTrue: number;
  jumpFalse: number;
  operand: number;
}

/** Assembles the filter for `bwrap --seccomp`: an array of struct sock_filter for x86-64. */
export function assembleSeccompProgram(mode: SeccompMode): Uint8Array {
  const fatal = mode === 'kill' ? RETURN_KILL_PROCESS : RETURN_ERRNO | EPERM;
  const plain = Object.values(ALLOWED_CALLS).filter((call) => call !== IOCTL_CALL);
  return encode([
    load(ARCH_OFFSET),
    ...when(JUMP_EQUAL, ARCH_X86_64, [], [give(RETURN_KILL_PROCESS)]),
    load(NR_OFFSET),
    ...when(JUMP_AT_LEAST, FIRST_X32_CALL, [give(RETURN_KILL_PROCESS)]),
    ...plain.flatMap((call) => when(JUMP_EQUAL, call, [give(RETURN_ALLOW)])),
    ...Object.values(ABSENT_CALLS).flatMap((call) => when(JUMP_EQUAL, call, [give(RETURN_ERRNO | ENOSYS)])),
    ...Object.values(FATAL_CALLS).flatMap((call) => when(JUMP_EQUAL, call, [give(fatal)])),
    ...when(JUMP_EQUAL, CLONE_CALL, judgeClone(fatal)),
    ...when(JUMP_EQUAL, IOCTL_CALL, judgeIoctl(fatal)),
    give(RETURN_ERRNO | EPERM),
  ]);
}

// Threads of this process, never a process and never a namespace.
function judgeClone(fatal: number): Instruction[] {
  return [
    load(ARG0_OFFSET),
    ...when(JUMP_ANY_BIT, CLONE_NEW_ANY, [give(fatal)]),
    ...when(JUMP_ANY_BIT, CLONE_THREAD, [give(RETURN_ALLOW)]),
    give(fatal),
  ];
}

function judgeIoctl(fatal: number): Instruction[] {
  return [
    load(ARG1_OFFSET),
    ...when(JUMP_EQUAL, TIOCSTI, [give(fatal)]),
    ...when(JUMP_EQUAL, TIOCLINUX, [give(fatal)]),
    give(RETURN_ALLOW),
  ];
}

function load(offset: number): Instruction {
  return { code: LOAD_WORD, jumpTrue: 0, jumpFalse: 0, operand: offset };
}

function give(verdict: number): Instruction {
  return { code: RETURN, jumpTrue: 0, jumpFalse: 0, operand: verdict };
}

// Each branch ends in a return, so a condition needs to skip only what it does not take.
function when(code: number, operand: number, taken: Instruction[], other: Instruction[] = []): Instruction[] {
  return taken.length > 0
    ? [{ code, operand, jumpTrue: 0, jumpFalse: taken.length }, ...taken]
    : [{ code, operand, jumpTrue: other.length, jumpFalse: 0 }, ...other];
}

function encode(instructions: Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * BYTES_PER_INSTRUCTION);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, jumpTrue, jumpFalse, operand }, index) => {
    const at = index * BYTES_PER_INSTRUCTION;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jumpTrue);
    view.setUint8(at + 3, jumpFalse);
    view.setUint32(at + 4, operand >>> 0, true);
  });
  return bytes;
}
