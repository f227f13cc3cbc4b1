// Classic BPF, as much of it as a seccomp filter needs: load a word of the call, compare it, return a verdict.

// linux/bpf_common.h
const LOAD_WORD = 0x20;
const RETURN = 0x06;
/** Compares the loaded word for equality. */
export const JUMP_EQUAL = 0x15;
/** Compares it as an unsigned number. */
export const JUMP_AT_LEAST = 0x35;
/** Tests whether any of the bits is set in it. */
export const JUMP_ANY_BIT = 0x45;

const BYTES_PER_INSTRUCTION = 8;
const ARGUMENTS_OFFSET = 16;
const BYTES_PER_ARGUMENT = 8;

/** One struct sock_filter. */
export interface Instruction {
  code: number;
  jumpTrue: number;
  jumpFalse: number;
  operand: number;
}

/** Loads the word at an offset of struct seccomp_data. */
export function load(offset: number): Instruction {
  return { code: LOAD_WORD, jumpTrue: 0, jumpFalse: 0, operand: offset };
}

/** Loads the low half of an argument of the call; `index` is from 0. */
export function loadArgument(index: number): Instruction {
  return load(ARGUMENTS_OFFSET + index * BYTES_PER_ARGUMENT);
}

/** Loads the high half, which only a pointer has. */
export function loadHighArgument(index: number): Instruction {
  return load(ARGUMENTS_OFFSET + index * BYTES_PER_ARGUMENT + 4);
}

/** Ends with a verdict. */
export function give(verdict: number): Instruction {
  return { code: RETURN, jumpTrue: 0, jumpFalse: 0, operand: verdict };
}

/** Takes one branch or the other. Each ends in a verdict or falls through, so only what is not taken is skipped. */
export function when(
  code: number,
  operand: number,
  taken: readonly Instruction[],
  other: readonly Instruction[] = [],
): Instruction[] {
  return taken.length > 0
    ? [{ code, operand, jumpTrue: 0, jumpFalse: taken.length }, ...taken]
    : [{ code, operand, jumpTrue: other.length, jumpFalse: 0 }, ...other];
}

/** Gives the bytes that the kernel loads. */
export function encode(instructions: readonly Instruction[]): Uint8Array {
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
