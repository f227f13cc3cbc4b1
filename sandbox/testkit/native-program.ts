// What stands in the worker's place when the engine has been taken over: a program that does whatever it is told, call
// by call. Arbitrary code execution is not simulated, it is there: records may bring code and have it run.
import { assemble, CODE_ADDRESS, type Code, executableOf, jump, label, RECORD_ADDRESS, word } from './machine-code.ts';

/** Bytes of a record: what to do, the number or address, six arguments, how many bytes follow and where they go. */
export const RECORD_BYTES = 80;

const SYSTEM_CALL = [0x0f, 0x05];
const RETURN = 0xc3;
const CALL = [0xe8];
const JUMP = [0xe9];
const IF_ZERO = [0x0f, 0x84];
const IF_NOT_ZERO = [0x0f, 0x85];
const UNLESS_POSITIVE = [0x0f, 0x8e];
const IF_POSITIVE = [0x0f, 0x8f];
const IF_ABOVE = [0x0f, 0x87];
const IF_LESS = [0x0f, 0x8c];

const setRax = (value: number) => [0xb8, ...word(value)];
const setRdi = (value: number) => [0xbf, ...word(value)];
const setRsi = (value: number) => [0xbe, ...word(value)];
const setRdx = (value: number) => [0xba, ...word(value)];
const IS_RAX_ZERO = [0x48, 0x85, 0xc0];
const IS_RDX_ZERO = [0x48, 0x85, 0xd2];
const RSI_IS_RECORD = [0x4c, 0x89, 0xfe];

const READ_CALL = 0;
const WRITE_CALL = 1;
const NANOSLEEP_CALL = 35;
const EXIT_GROUP_CALL = 231;
const ANSWER_FD = 3;

const SERVE: Code = [
  ...[0x49, 0xc7, 0xc7, ...word(RECORD_ADDRESS)], // mov r15, RECORD_ADDRESS
  label('next'),
  ...RSI_IS_RECORD,
  ...setRdx(RECORD_BYTES),
  ...jump(CALL, 'take'),
  ...[0x49, 0x8b, 0x77, 72], // mov rsi, [r15+72]: where the bytes go
  ...[0x49, 0x8b, 0x57, 64], // mov rdx, [r15+64]: how many there are
  ...jump(CALL, 'take'),
  ...[0x49, 0x8b, 0x7f, 16], // the six arguments: rdi, rsi, rdx, r10, r8, r9
  ...[0x49, 0x8b, 0x77, 24],
  ...[0x49, 0x8b, 0x57, 32],
  ...[0x4d, 0x8b, 0x57, 40],
  ...[0x4d, 0x8b, 0x47, 48],
  ...[0x4d, 0x8b, 0x4f, 56],
  ...[0x49, 0x8b, 0x47, 8], // mov rax, [r15+8]: the call's number, or where the code is
  ...[0x49, 0x83, 0x7f, 0, 0], // cmp qword [r15], 0
  ...jump(IF_NOT_ZERO, 'code'),
  ...SYSTEM_CALL,
  ...jump(JUMP, 'answer'),
  label('code'),
  ...[0xff, 0xd0], // call rax
  label('answer'),
  ...[0x49, 0x89, 0x47, 0], // mov [r15], rax
  ...setRax(WRITE_CALL),
  ...setRdi(ANSWER_FD),
  ...RSI_IS_RECORD,
  ...setRdx(8),
  ...SYSTEM_CALL,
  ...jump(JUMP, 'next'),
  label('take'),
  ...IS_RDX_ZERO,
  ...jump(IF_ZERO, 'taken'),
  ...setRax(READ_CALL),
  ...setRdi(0),
  ...SYSTEM_CALL,
  ...IS_RAX_ZERO,
  ...jump(UNLESS_POSITIVE, 'end'),
  ...[0x48, 0x01, 0xc6], // add rsi, rax
  ...[0x48, 0x29, 0xc2], // sub rdx, rax
  ...jump(JUMP, 'take'),
  label('taken'),
  RETURN,
  label('end'),
  ...setRax(EXIT_GROUP_CALL),
  ...setRdi(0),
  ...SYSTEM_CALL,
];

/** Assembles the program that carries out records: an ELF file. */
export function assembleNativeProgram(): Uint8Array {
  return executableOf(assemble(SERVE));
}

/** What a liar does once it has said what it had to say; what it repeats is all but its first bytes. */
export type LiarsEnd = 'ends' | 'stays' | { repeatsAfterBytes: number };

/** Assembles a program that says the same bytes to every host, whatever it is asked: an ELF file. */
export function assembleLiar(answer: Uint8Array, end: LiarsEnd): Uint8Array {
  const onceBytes = typeof end === 'object' ? end.repeatsAfterBytes : 0;
  const code = (address: number) =>
    assemble([
      ...say('first', address, onceBytes),
      ...say('then', address + onceBytes, answer.byteLength - onceBytes),
      ...(typeof end === 'object' ? jump(JUMP, 'then') : []),
      ...(end === 'ends' ? jump(JUMP, 'end') : []),
      label('stay'),
      ...setRsi(address),
      ...setRdx(1),
      ...setRax(READ_CALL),
      ...setRdi(0),
      ...SYSTEM_CALL,
      ...IS_RAX_ZERO,
      ...jump(IF_POSITIVE, 'stay'),
      label('end'),
      ...setRax(EXIT_GROUP_CALL),
      ...setRdi(0),
      ...SYSTEM_CALL,
    ]);
  const size = code(0).byteLength;
  const image = new Uint8Array(size + answer.byteLength + 1);
  image.set(code(CODE_ADDRESS + size));
  image.set(answer, size);
  return executableOf(image);
}

// Writes bytes of its own image; the host may take them in parts.
function say(name: string, address: number, byteCount: number): Code {
  return [
    label(name),
    ...setRsi(address),
    ...setRdx(byteCount),
    ...IS_RDX_ZERO,
    ...jump(IF_ZERO, `${name} said`),
    label(`${name} more`),
    ...setRax(WRITE_CALL),
    ...setRdi(ANSWER_FD),
    ...SYSTEM_CALL,
    ...IS_RAX_ZERO,
    ...jump(UNLESS_POSITIVE, 'end'),
    ...[0x48, 0x01, 0xc6], // add rsi, rax
    ...[0x48, 0x29, 0xc2], // sub rdx, rax
    ...jump(IF_NOT_ZERO, `${name} more`),
    label(`${name} said`),
  ];
}

/** Code for a call by the 32-bit gate, which a filter that looks at numbers alone would take for another call. */
export function legacyCallCode(call: number, [first = 0, second = 0, third = 0]: readonly number[]): Uint8Array {
  return assemble([
    ...[0xbb, ...word(first)],
    ...[0xb9, ...word(second)],
    ...[0xba, ...word(third)],
    ...setRax(call),
    ...[0xcd, 0x80], // int 0x80
    ...[0x48, 0x63, 0xc0], // movsxd rax, eax
    RETURN,
  ]);
}

/** Code that makes a call that may answer twice, as `clone` does; the second one sleeps for ever. */
export function splitCode(call: number, sleepAddress: number): Uint8Array {
  return assemble([
    ...setRax(call),
    ...SYSTEM_CALL,
    ...IS_RAX_ZERO,
    ...jump(IF_ZERO, 'child'),
    RETURN,
    label('child'),
    ...setRdi(sleepAddress),
    ...[0x31, 0xf6], // xor esi, esi
    ...setRax(NANOSLEEP_CALL),
    ...SYSTEM_CALL,
    ...jump(JUMP, 'child'),
  ]);
}

/** Code that writes to each page of the memory from its first argument on, as many bytes as its second says. */
export const TOUCH_CODE: Uint8Array = assemble([
  label('next'),
  ...[0xc6, 0x07, 1], // mov byte [rdi], 1
  ...[0x48, 0x81, 0xc7, ...word(4096)], // add rdi, 4096
  ...[0x48, 0x81, 0xee, ...word(4096)], // sub rsi, 4096
  ...jump(IF_ABOVE, 'next'),
  ...[0x31, 0xc0],
  RETURN,
]);

/** Code that never ends. */
export const SPIN_CODE: Uint8Array = assemble([label('here'), ...jump(JUMP, 'here')]);

/**
 * Code that computes until the process has had as many seconds of processor time as its second argument says; its
 * first is where a `timespec` fits.
 */
export const BURN_CODE: Uint8Array = assemble([
  ...[0x49, 0x89, 0xfc], // mov r12, rdi
  ...[0x49, 0x89, 0xf5], // mov r13, rsi
  label('next'),
  ...setRax(228), // clock_gettime
  ...setRdi(2), // CLOCK_PROCESS_CPUTIME_ID
  ...[0x4c, 0x89, 0xe6], // mov rsi, r12
  ...SYSTEM_CALL,
  ...[0x4d, 0x39, 0x2c, 0x24], // cmp [r12], r13
  ...jump(IF_LESS, 'next'),
  ...[0x31, 0xc0],
  RETURN,
]);

/** Code that answers where the stack is: above it are the arguments and the environment. */
export const STACK_CODE: Uint8Array = assemble([...[0x48, 0x89, 0xe0], RETURN]); // mov rax, rsp

/** Code that faults at once, and so would leave a core dump. */
export const FAULT_CODE: Uint8Array = assemble([...[0x31, 0xc0], ...[0xc6, 0x00, 1]]); // mov byte [0], 1
