import { varint, zigZag } from '../support/hostile-thrift.ts';
import type { Choices } from './choices.ts';
import type { Seed } from './upload-seeds.ts';

/** Numbers at which readers go wrong: signs, widths, limits and one beside each. */
const NUMBERS = [
  0,
  1,
  2,
  7,
  8,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  2 ** 24,
  2 ** 30,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
];
const LONG_NUMBERS = [...NUMBERS.map(BigInt), -1n, -8n, 1n << 40n, (1n << 63n) - 1n, -(1n << 63n)];
const TOKENS = [
  '"',
  '""',
  ',',
  ';',
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\uFEFF',
  'NaN',
  '-0',
  '1e999',
  '9'.repeat(400),
  'é',
  '"\n"',
  ',,,,',
];

const MAX_EDITS_COUNT = 6;
const MAX_PIECE_BYTES = 64;
const TAIL_BYTES = 8;

/** Spoils a file: a few edits of bytes, of structure or of tokens, or a piece of another file in its middle. */
export function spoiled(choices: Choices, seed: Seed, others: readonly Seed[]): Buffer {
  let file: Buffer = Buffer.from(seed.file);
  const editCount = 1 + choices.below(MAX_EDITS_COUNT);
  for (let edit = 0; edit < editCount && file.length > 0; edit += 1) file = edited(choices, file, others);
  return file;
}

function edited(choices: Choices, file: Buffer, others: readonly Seed[]): Buffer {
  switch (choices.below(9)) {
    case 0:
      return withByte(file, choices.below(file.length), choices.of([0, 1, 0x7f, 0x80, 0xfe, 0xff, choices.below(256)]));
    case 1:
      return withBit(file, choices.below(file.length), choices.below(8));
    case 2:
      return file.subarray(0, choices.below(file.length + 1));
    case 3:
      return withoutPiece(choices, file);
    case 4:
      return withPiece(choices, file, file);
    case 5:
      return withPiece(choices, file, choices.of(others).file);
    case 6:
      return withNumber(choices, file);
    case 7:
      return withFooterField(choices, file);
    default:
      return inserted(file, choices.below(file.length + 1), Buffer.from(choices.of(TOKENS)));
  }
}

function withByte(file: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(file);
  copy[at] = value;
  return copy;
}

function withBit(file: Buffer, at: number, bit: number): Buffer {
  return withByte(file, at, (file[at] as number) ^ (1 << bit));
}

function inserted(file: Buffer, at: number, piece: Uint8Array): Buffer {
  return Buffer.concat([file.subarray(0, at), piece, file.subarray(at)]);
}

function withoutPiece(choices: Choices, file: Buffer): Buffer {
  const at = choices.below(file.length);
  return Buffer.concat([file.subarray(0, at), file.subarray(at + 1 + choices.below(MAX_PIECE_BYTES))]);
}

function withPiece(choices: Choices, file: Buffer, other: Buffer): Buffer {
  const from = choices.below(other.length);
  return inserted(
    file,
    choices.below(file.length + 1),
    other.subarray(from, from + 1 + choices.below(MAX_PIECE_BYTES)),
  );
}

// Lengths and offsets of Arrow stand at multiples of four and eight, those of Parquet's pages anywhere.
function withNumber(choices: Choices, file: Buffer): Buffer {
  const copy = Buffer.from(file);
  const width = choices.of([4, 8] as const);
  const places = Math.floor(file.length / 4) - 2;
  if (places <= 0) return copy;
  const at = choices.below(places) * 4;
  if (width === 4) copy.writeUInt32LE(choices.of(NUMBERS), at);
  else copy.writeBigInt64LE(choices.of(LONG_NUMBERS), at);
  return copy;
}

// A number of Thrift takes as many bytes as it needs: the length of the footer is put right, so that the lie is read.
function withFooterField(choices: Choices, file: Buffer): Buffer {
  if (file.length < TAIL_BYTES || file.toString('latin1', file.length - 4) !== 'PAR1') return withNumber(choices, file);
  const footerEnd = file.length - TAIL_BYTES;
  const footerStart = Math.max(4, footerEnd - file.readUInt32LE(footerEnd));
  const at = footerStart + choices.below(Math.max(1, footerEnd - footerStart));
  const number = Buffer.from(varint(choices.onceIn(2) ? zigZag(choices.of(LONG_NUMBERS)) : choices.of(LONG_NUMBERS)));
  const isInPlace = choices.onceIn(2);
  const changed = Buffer.concat([file.subarray(0, at), number, file.subarray(isInPlace ? at + number.length : at + 1)]);
  if (changed.length >= TAIL_BYTES)
    changed.writeUInt32LE(Math.max(0, changed.length - TAIL_BYTES - footerStart), changed.length - TAIL_BYTES);
  return changed;
}
