import { MAX_FILE_COLUMNS_COUNT, MAX_NESTING_DEPTH } from '../limits.ts';
import type { TimeUnit } from '../raw-time.ts';
import { RefusedInput, refuseUnreadable } from '../refused-input.ts';
import type { ThriftReader } from './thrift-reader.ts';

/** How values are stored, in the order of their codes. */
export const PHYSICAL_TYPES = [
  'boolean',
  'int32',
  'int64',
  'int96',
  'float',
  'double',
  'bytes',
  'fixed-bytes',
] as const;
/** How values are stored. */
export type PhysicalType = (typeof PHYSICAL_TYPES)[number];

/** What stored values mean; `unsigned` and `decimal` change how they are read, most others do not. */
export type Meaning =
  | { kind: 'plain' | 'unsigned' | 'date' | 'uuid' | 'other' }
  | { kind: 'decimal'; scale: number }
  | { kind: 'timestamp'; unit: TimeUnit };

/** One node of the schema, as the footer lists it. */
export interface SchemaNode {
  name: string;
  type: PhysicalType | null;
  typeBytes: number;
  repetition: 'required' | 'optional' | 'repeated';
  childCount: number;
  meaning: Meaning;
}

const REPETITIONS = ['required', 'optional', 'repeated'] as const;

// The older way to say what values mean, by its codes; the newer one wins where both are there.
const CONVERTED_MEANINGS: Readonly<Record<number, Meaning>> = {
  6: { kind: 'date' },
  7: { kind: 'other' },
  8: { kind: 'other' },
  9: { kind: 'timestamp', unit: 'MILLIS' },
  10: { kind: 'timestamp', unit: 'MICROS' },
  11: { kind: 'unsigned' },
  12: { kind: 'unsigned' },
  13: { kind: 'unsigned' },
  14: { kind: 'unsigned' },
  21: { kind: 'other' },
};
const CONVERTED_DECIMAL = 5;
const UNITS: readonly TimeUnit[] = ['MILLIS', 'MICROS', 'NANOS'];

/**
 * Reads the list of schema nodes and gives those at the top, the columns of the table.
 *
 * Shape: the tree is written out depth first; nodes below a column are walked and forgotten.
 *
 * @throws {RefusedInput} when there are too many, or the counts of children do not add up
 */
export function readSchema(reader: ThriftReader, type: number): SchemaNode[] {
  const top: SchemaNode[] = [];
  // How many children are still to come, at each level.
  const open: number[] = [];
  const count = reader.list(type, MAX_FILE_COLUMNS_COUNT, (elementType, index) => {
    const node = readNode(reader, elementType);
    if (index > 0) {
      while (open.at(-1) === 0) open.pop();
      if (open.length === 0) refuseUnreadable();
      if (open.length === 1) top.push(node);
      open[open.length - 1] = (open.at(-1) as number) - 1;
    }
    if (node.childCount > 0 || index === 0) open.push(node.childCount);
    if (open.length > MAX_NESTING_DEPTH) throw new RefusedInput('not-supported');
  });
  if (count < 0) throw new RefusedInput('part-too-large');
  if (count === 0 || open.some((left) => left > 0)) refuseUnreadable();
  return top;
}

function readNode(reader: ThriftReader, nodeType: number): SchemaNode {
  const node: SchemaNode = {
    name: '',
    type: null,
    typeBytes: 0,
    repetition: 'required',
    childCount: 0,
    meaning: { kind: 'plain' },
  };
  let [converted, scale] = [-1, 0];
  let logical: Meaning | null = null;
  reader.structOf(nodeType, (id, type) => {
    if (id === 1) node.type = PHYSICAL_TYPES[reader.integer(type)] ?? refuseUnreadable();
    else if (id === 2) node.typeBytes = reader.integer(type);
    else if (id === 3) node.repetition = REPETITIONS[reader.integer(type)] ?? refuseUnreadable();
    else if (id === 4) node.name = reader.text(type);
    else if (id === 5) node.childCount = reader.integer(type);
    else if (id === 6) converted = reader.integer(type);
    else if (id === 7) scale = reader.integer(type);
    else if (id === 10) logical = readLogicalType(reader, type);
    else reader.skip(type);
  });
  if (node.childCount < 0 || node.typeBytes < 0) refuseUnreadable();
  const older: Meaning | undefined =
    converted === CONVERTED_DECIMAL ? { kind: 'decimal', scale } : CONVERTED_MEANINGS[converted];
  node.meaning = logical ?? older ?? node.meaning;
  return node;
}

// A union: the one field that is set says which.
function readLogicalType(reader: ThriftReader, unionType: number): Meaning | null {
  let meaning: Meaning | null = null;
  reader.structOf(unionType, (id, type) => {
    if (id === 5) meaning = { kind: 'decimal', scale: readScale(reader, type) };
    else if (id === 8) meaning = { kind: 'timestamp', unit: readUnit(reader, type) };
    else if (id === 10) meaning = { kind: readIsSigned(reader, type) ? 'plain' : 'unsigned' };
    else {
      if (id === 6) meaning = { kind: 'date' };
      else if (id === 14) meaning = { kind: 'uuid' };
      else if (id === 7 || id === 15) meaning = { kind: 'other' };
      reader.skip(type);
    }
  });
  return meaning;
}

function readScale(reader: ThriftReader, structType: number): number {
  let scale = 0;
  reader.structOf(structType, (id, type) => {
    if (id === 1) scale = reader.integer(type);
    else reader.skip(type);
  });
  return scale;
}

function readIsSigned(reader: ThriftReader, structType: number): boolean {
  let isSigned = true;
  reader.structOf(structType, (id, type) => {
    if (id === 2) isSigned = reader.boolean(type);
    else reader.skip(type);
  });
  return isSigned;
}

function readUnit(reader: ThriftReader, structType: number): TimeUnit {
  let unit: TimeUnit | undefined;
  reader.structOf(structType, (id, type) => {
    if (id !== 2) return reader.skip(type);
    reader.structOf(type, (unitId, unitType) => {
      unit = UNITS[unitId - 1];
      reader.skip(unitType);
    });
  });
  return unit ?? refuseUnreadable();
}
