import { type ByteReader, RefusedModule } from './byte-reader.ts';
import { type InstructionKind, instructionOf } from './instructions.ts';
import { MAX_BRANCH_TARGETS_COUNT, MAX_TYPES_COUNT } from './limits.ts';
import { readValueType } from './module.ts';

/** One instruction as it stands in a body. */
export interface Instruction {
  kind: InstructionKind;
  /** Where it begins, where what follows its opcode begins, and where it ends. */
  at: number;
  immediatesAt: number;
  end: number;
  /** The index of a function, type, local or global; how far out a label is; the offset of a memory access. */
  index: number;
  /** All labels of a branch table, the default last; of a plain branch its one label. */
  labels: readonly number[];
}

const TWO_BYTE_PREFIX = 0xfc;
// The second part of an opcode is an integer of any length; ours fit a byte.
const LARGEST_SECOND_CODE = 0xff;
const EMPTY_BLOCK = 0x40;
const FIRST_VALUE_TYPE = 0x40; // one byte with this bit and not the next is a negative number: not a type's index
/** A memory access with this bit in its alignment names its memory. */
const MAX_ALIGNMENT_BITS = 3;
const NO_LABELS: readonly number[] = [];

/** Reads the next instruction; one that is not permitted is refused. */
export function readInstruction(reader: ByteReader): Instruction {
  const { at } = reader;
  const kind = readKind(reader);
  const immediatesAt = reader.at;
  const read = readImmediates(reader, kind);
  const isBranch = kind.immediate === 'label';
  const labels = typeof read === 'number' ? (isBranch ? [read] : NO_LABELS) : read;
  return { kind, at, immediatesAt, end: reader.at, index: typeof read === 'number' ? read : 0, labels };
}

function readKind(reader: ByteReader): InstructionKind {
  const { at } = reader;
  const first = reader.byte();
  const second = first === TWO_BYTE_PREFIX ? reader.u32() : null;
  const code = second === null ? first : TWO_BYTE_PREFIX * 0x100 + second;
  const kind = second !== null && second > LARGEST_SECOND_CODE ? undefined : instructionOf(code);
  if (kind === undefined) {
    const name = second === null ? `0x${first.toString(16)}` : `0x${first.toString(16)} ${second}`;
    throw new RefusedModule('construct-not-allowed', at, `instruction ${name}`);
  }
  return kind;
}

function readImmediates(reader: ByteReader, { immediate }: InstructionKind): number | number[] {
  switch (immediate) {
    case 'none':
      return 0;
    case 'block':
      return readBlockType(reader);
    case 'labels':
      return readLabels(reader);
    case 'indirect':
      return readIndirect(reader);
    case 'types':
      return readSelectTypes(reader);
    case 'access':
      return readAccess(reader);
    case 'memory':
      return readMemory(reader);
    case 'memories':
      return readMemory(reader) + readMemory(reader);
    case 'i32':
    case 'i64':
      reader.skipInteger(immediate === 'i32' ? 32 : 64);
      return 0;
    case 'f32':
    case 'f64':
      reader.take(immediate === 'f32' ? 4 : 8);
      return 0;
    case 'label':
    case 'function':
    case 'local':
    case 'global':
      return reader.u32();
  }
}

// The index of the block's type, or -1 for a block without one or with one value.
function readBlockType(reader: ByteReader): number {
  const first = reader.bytes[reader.at] ?? 0;
  if (first === EMPTY_BLOCK) {
    reader.byte();
    return -1;
  }
  if ((first & 0xc0) === FIRST_VALUE_TYPE) {
    readValueType(reader);
    return -1;
  }
  // Below the limit no negative number of several bytes can be mistaken for an index.
  return reader.count(MAX_TYPES_COUNT, 'type of a block');
}

function readLabels(reader: ByteReader): number[] {
  const count = reader.count(MAX_BRANCH_TARGETS_COUNT, 'branch table');
  const labels: number[] = [];
  for (let index = 0; index <= count; index += 1) labels.push(reader.u32());
  return labels;
}

function readIndirect(reader: ByteReader): number {
  const type = reader.u32();
  const { at } = reader;
  if (reader.u32() !== 0) throw new RefusedModule('construct-not-allowed', at, 'second table');
  return type;
}

function readSelectTypes(reader: ByteReader): number {
  const { at } = reader;
  if (reader.u32() !== 1) throw new RefusedModule('construct-not-allowed', at, 'select of several types');
  readValueType(reader);
  return 0;
}

function readAccess(reader: ByteReader): number {
  const { at } = reader;
  if (reader.u32() > MAX_ALIGNMENT_BITS) {
    throw new RefusedModule('construct-not-allowed', at, 'memory access with another memory or alignment');
  }
  return reader.u32();
}

function readMemory(reader: ByteReader): number {
  const { at } = reader;
  if (reader.byte() !== 0) throw new RefusedModule('construct-not-allowed', at, 'second memory');
  return 0;
}
