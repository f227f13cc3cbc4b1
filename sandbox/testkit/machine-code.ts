// Just enough of an assembler for the hostile program of the attack suite: x86-64 code and a static ELF file around it,
// so that attacks in native code need neither a compiler nor a binary in the repository.

/** Where the hostile program is in its own memory; one page below its first free address. */
const IMAGE_ADDRESS = 0x400000;
const HEADER_BYTES = 120;
const IMAGE_BYTES = 0x100000;

/** Where the code begins. */
export const CODE_ADDRESS: number = IMAGE_ADDRESS + HEADER_BYTES;

/** Where the program keeps the record that it carries out. */
export const RECORD_ADDRESS = 0x410000;
/** The first address that attacks may place bytes at. */
export const FREE_ADDRESS = 0x420000;
/** How many bytes there are from there on. */
export const FREE_BYTES = 0xc0000;

const ADDRESS_BYTES = 4;

type Part = number | { label: string } | { jumpTo: string };

/** Machine code as it is written down: bytes, labels and jumps to them. */
export type Code = readonly Part[];

/** Marks a place that jumps can name. */
export function label(name: string): Part {
  return { label: name };
}

/** A call, a jump or a conditional jump to a label: its opcode, then the distance. */
export function jump(opcode: readonly number[], to: string): Code {
  return [...opcode, { jumpTo: to }];
}

/** A number as the four bytes that follow an opcode. */
export function word(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

/** Turns code into bytes; distances are counted from the end of each jump. */
export function assemble(code: Code): Uint8Array {
  const places = new Map<string, number>();
  let size = 0;
  for (const part of code) {
    if (typeof part === 'number') size += 1;
    else if ('label' in part) places.set(part.label, size);
    else size += ADDRESS_BYTES;
  }
  const bytes: number[] = [];
  for (const part of code) {
    if (typeof part === 'number') bytes.push(part);
    else if ('jumpTo' in part) {
      const place = places.get(part.jumpTo);
      if (place === undefined) throw new Error(`the code has no label \`${part.jumpTo}\``);
      bytes.push(...word(place - (bytes.length + ADDRESS_BYTES)));
    }
  }
  return Uint8Array.from(bytes);
}

/** Wraps code in an executable file: one segment that can be read, written and run, as no honest program has it. */
export function executableOf(code: Uint8Array): Uint8Array {
  const file = new Uint8Array(HEADER_BYTES + code.byteLength);
  const view = new DataView(file.buffer);
  // Elf64_Ehdr of elf(5): 64-bit, little-endian, executable, x86-64.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, 62, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(IMAGE_ADDRESS + HEADER_BYTES), true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(52, 64, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  // Elf64_Phdr: PT_LOAD, readable, writable and executable.
  view.setUint32(64, 1, true);
  view.setUint32(68, 7, true);
  view.setBigUint64(80, BigInt(IMAGE_ADDRESS), true);
  view.setBigUint64(88, BigInt(IMAGE_ADDRESS), true);
  view.setBigUint64(96, BigInt(file.byteLength), true);
  view.setBigUint64(104, BigInt(Math.max(IMAGE_BYTES, file.byteLength)), true);
  view.setBigUint64(112, 0x1000n, true);
  file.set(code, HEADER_BYTES);
  return file;
}
