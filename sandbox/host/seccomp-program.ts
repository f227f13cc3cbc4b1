// A seccomp filter is a classic BPF program over {nr, arch, ip, args}. It is assembled here so that no native code
// of ours is needed. The list is an allow-list: a call nobody named is refused, and one with no honest use ends the
// process at once.
import { judgeNarrowed } from './narrowed-calls.ts';
import { encode, give, type Instruction, JUMP_AT_LEAST, JUMP_EQUAL, load, when } from './seccomp-assembler.ts';
import { ABSENT_CALLS, ALLOWED_CALLS, FATAL_CALLS, FIRST_UNKNOWN_CALL, NARROWED_CALLS } from './system-calls.ts';

/**
 * What a fatal call does: ends the worker (what ships) or is refused with EPERM (so that the self-test can see each
 * refusal).
 */
export type SeccompMode = 'kill' | 'refuse';

// linux/seccomp.h, linux/audit.h
const RETURN_ALLOW = 0x7fff0000;
const RETURN_KILL_PROCESS = 0x80000000;
const RETURN_ERRNO = 0x00050000;
const ARCH_X86_64 = 0xc000003e;
const FIRST_X32_CALL = 0x40000000;

const NR_OFFSET = 0;
const ARCH_OFFSET = 4;

const EPERM = 1;
const ENOSYS = 38;

/** Assembles the filter for `bwrap --seccomp`: an array of struct sock_filter for x86-64. */
export function assembleSeccompProgram(mode: SeccompMode): Uint8Array {
  const allow = give(RETURN_ALLOW);
  const refuse = give(RETURN_ERRNO | EPERM);
  const fatal = give(mode === 'kill' ? RETURN_KILL_PROCESS : RETURN_ERRNO | EPERM);
  const absent = give(RETURN_ERRNO | ENOSYS);
  const all = (calls: Readonly<Record<string, number>>, verdict: Instruction) =>
    Object.values(calls).flatMap((call) => when(JUMP_EQUAL, call, [verdict]));
  return encode([
    load(ARCH_OFFSET),
    ...when(JUMP_EQUAL, ARCH_X86_64, [], [give(RETURN_KILL_PROCESS)]),
    load(NR_OFFSET),
    ...when(JUMP_AT_LEAST, FIRST_X32_CALL, [give(RETURN_KILL_PROCESS)]),
    ...all(ALLOWED_CALLS, allow),
    ...all(ABSENT_CALLS, absent),
    ...all(FATAL_CALLS, fatal),
    ...Object.entries(NARROWED_CALLS).flatMap(([name, call]) =>
      when(JUMP_EQUAL, call, judgeNarrowed(name as keyof typeof NARROWED_CALLS, { allow, refuse, fatal })),
    ),
    // Whoever asks for a call of a later kernel expects not to have it.
    ...when(JUMP_AT_LEAST, FIRST_UNKNOWN_CALL, [absent]),
    refuse,
  ]);
}
