import { ByteReader, RefusedModule } from './byte-reader.ts';
import { PAGE_BYTES } from './charged-module.ts';
import { readCodeSection } from './decode-code.ts';
import {
  MAX_ENTRIES_COUNT,
  MAX_FUNCTIONS_COUNT,
  MAX_GLOBALS_COUNT,
  MAX_MEMORY_PAGES,
  MAX_TABLE_ENTRIES_COUNT,
  MAX_TYPE_PARAMETERS_COUNT,
  MAX_TYPE_RESULTS_COUNT,
  MAX_TYPES_COUNT,
} from './limits.ts';
import {
  type Bounds,
  type Export,
  type FunctionType,
  type GlobalVariable,
  type Module,
  readValueType,
  type ValueType,
} from './module.ts';
import { readInstruction } from './read-instruction.ts';

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const CUSTOM_SECTION = 0;
const FUNCTION_TYPE = 0x60;
const FUNCTION_REFERENCE = 0x70;
const ELEMENT_KIND_FUNCTION = 0x00;
const ACTIVE_SEGMENT = 0;
const ACTIVE_SEGMENT_WITH_INDEX = 2;
const LAST_EXPORT_KIND = 3; // function, table, memory, global; the next is a tag of exceptions

type ReadSection = (reader: ByteReader, module: Module) => void;

// In the order in which they must stand. Section 12 counts the data segments before the code.
const SECTIONS: readonly (readonly [id: number, name: string, read: ReadSection])[] = [
  [
    1,
    'types',
    (reader, module) => readEntries(reader, MAX_TYPES_COUNT, 'types', () => module.types.push(readType(reader))),
  ],
  [2, 'imports', readImports],
  [3, 'functions', readFunctions],
  [4, 'tables', readTables],
  [5, 'memories', readMemories],
  [6, 'globals', readGlobals],
  [7, 'exports', readExports],
  [8, 'start', (reader, module) => (module.start = reader.u32())],
  [9, 'elements', readElements],
  [12, 'data count', (reader) => reader.u32()],
  [10, 'code', readCodeSection],
  [11, 'data', readDataSegments],
];

/**
 * Reads a module of which every byte is known to us; whatever else there is, is refused with its place.
 *
 * Shape: indices are not yet checked, nor types: that is the host's validation, which follows.
 *
 * @throws {RefusedModule} at the first thing that is not permitted
 */
export function decodeModule(bytes: Uint8Array): Module {
  const module: Module = {
    bytes,
    types: [],
    functions: [],
    table: null,
    memory: null,
    globals: [],
    exports: [],
    start: null,
    elements: [],
    bodies: [],
    growsMemory: false,
    data: [],
  };
  if (MAGIC.some((byte, index) => bytes[index] !== byte)) {
    throw new RefusedModule('not-this-language', 0, 'not a WebAssembly module of version 1');
  }
  const reader = new ByteReader(bytes, MAGIC.length);
  let next = 0;
  while (!reader.isAtEnd) next = readSection(reader, module, next);
  if (module.bodies.length !== module.functions.length) {
    throw new RefusedModule('not-this-language', bytes.length, 'functions without code');
  }
  return module;
}

// Gives the place in the order from which the sections after this one must come.
function readSection(reader: ByteReader, module: Module, next: number): number {
  const { at } = reader;
  const id = reader.byte();
  const section = reader.part(reader.u32());
  // Names, producers, debugging: nothing of them is kept.
  if (id === CUSTOM_SECTION) return next;
  const place = SECTIONS.findIndex(([known]) => known === id);
  const [, name, read] = SECTIONS[place] ?? [];
  if (name === undefined || read === undefined) {
    throw new RefusedModule('construct-not-allowed', at, `section ${id}`);
  }
  if (place < next) throw new RefusedModule('not-this-language', at, `section ${name} in the wrong place`);
  read(section, module);
  if (!section.isAtEnd) throw new RefusedModule('not-this-language', section.at, `section ${name} is too long`);
  return place + 1;
}

function readEntries(reader: ByteReader, limit: number, subject: string, read: () => unknown): void {
  const count = reader.count(limit, subject);
  for (let index = 0; index < count; index += 1) read();
}

function readType(reader: ByteReader): FunctionType {
  const { at } = reader;
  const form = reader.byte();
  if (form !== FUNCTION_TYPE) throw new RefusedModule('construct-not-allowed', at, `type 0x${form.toString(16)}`);
  const params: ValueType[] = [];
  const results: ValueType[] = [];
  readEntries(reader, MAX_TYPE_PARAMETERS_COUNT, 'parameters', () => params.push(readValueType(reader)));
  readEntries(reader, MAX_TYPE_RESULTS_COUNT, 'results', () => results.push(readValueType(reader)));
  return { params, results };
}

function readImports(reader: ByteReader): void {
  const { at } = reader;
  const count = reader.u32();
  if (count === 0) return;
  const text = (): string => new TextDecoder().decode(reader.take(reader.u32()));
  throw new RefusedModule('imports-not-allowed', at, `${text()}.${text()}`);
}

function readFunctions(reader: ByteReader, module: Module): void {
  readEntries(reader, MAX_FUNCTIONS_COUNT, 'functions', () => module.functions.push(reader.u32()));
}

// A bit of the flags besides the one for a maximum is sharing between threads, or addresses of 64 bits.
function readBounds(reader: ByteReader, subject: string): Bounds {
  const { at } = reader;
  const flags = reader.byte();
  if (flags > 1) throw new RefusedModule('construct-not-allowed', at, `${subject} that is shared or of 64 bits`);
  return { min: reader.u32(), max: flags === 1 ? reader.u32() : null };
}

function readTables(reader: ByteReader, module: Module): void {
  readEntries(reader, Number.POSITIVE_INFINITY, 'tables', () => {
    const { at } = reader;
    if (module.table !== null) throw new RefusedModule('construct-not-allowed', at, 'second table');
    const type = reader.byte();
    if (type !== FUNCTION_REFERENCE) throw new RefusedModule('construct-not-allowed', at, 'table of references');
    module.table = readBounds(reader, 'table');
    if (module.table.min > MAX_TABLE_ENTRIES_COUNT) throw new RefusedModule('too-large', at, 'table');
  });
}

function readMemories(reader: ByteReader, module: Module): void {
  readEntries(reader, Number.POSITIVE_INFINITY, 'memories', () => {
    const { at } = reader;
    if (module.memory !== null) throw new RefusedModule('construct-not-allowed', at, 'second memory');
    module.memory = readBounds(reader, 'memory');
    if (module.memory.min > MAX_MEMORY_PAGES) throw new RefusedModule('too-large', at, 'memory');
  });
}

// The bytes of one constant with its `end`. What extended constants may compute, a start function can.
function readConstant(reader: ByteReader): Uint8Array {
  const { at } = reader;
  const { kind } = readInstruction(reader);
  const end = readInstruction(reader);
  if (!kind.name.endsWith('.const') || end.kind.name !== 'end') {
    throw new RefusedModule('construct-not-allowed', at, 'initial value that is not one constant');
  }
  return reader.bytes.subarray(at, reader.at);
}

function readGlobals(reader: ByteReader, module: Module): void {
  readEntries(reader, MAX_GLOBALS_COUNT, 'globals', () => {
    const type = readValueType(reader);
    const { at } = reader;
    const mutability = reader.byte();
    if (mutability > 1) throw new RefusedModule('construct-not-allowed', at, 'global that is shared');
    const global: GlobalVariable = { type, isMutable: mutability === 1, init: readConstant(reader) };
    module.globals.push(global);
  });
}

function readExports(reader: ByteReader, module: Module): void {
  const decoder = new TextDecoder();
  readEntries(reader, MAX_ENTRIES_COUNT, 'exports', () => {
    const { at } = reader;
    const name = decoder.decode(reader.take(reader.u32()));
    const kind = reader.byte();
    if (kind > LAST_EXPORT_KIND) throw new RefusedModule('construct-not-allowed', at, 'export of a tag');
    const entry: Export = { name, kind, index: reader.u32(), at };
    module.exports.push(entry);
  });
}

// A segment that is not laid down at once could be laid down, or dropped, by one row for the next to see.
function readSegmentStart(reader: ByteReader, subject: string): { offset: Uint8Array; flags: number; at: number } {
  const { at } = reader;
  const flags = reader.u32();
  if (flags !== ACTIVE_SEGMENT && flags !== ACTIVE_SEGMENT_WITH_INDEX) {
    throw new RefusedModule('construct-not-allowed', at, `${subject} segment that is not active`);
  }
  if (flags === ACTIVE_SEGMENT_WITH_INDEX && reader.u32() !== 0) {
    throw new RefusedModule('construct-not-allowed', at, `${subject} segment of a second table or memory`);
  }
  return { offset: readConstant(reader), flags, at };
}

const offsetOf = (constant: Uint8Array): number => new ByteReader(constant, 1).s32() >>> 0;

function readElements(reader: ByteReader, module: Module): void {
  readEntries(reader, MAX_ENTRIES_COUNT, 'element segments', () => {
    const { offset, flags, at } = readSegmentStart(reader, 'element');
    if (flags === ACTIVE_SEGMENT_WITH_INDEX && reader.byte() !== ELEMENT_KIND_FUNCTION) {
      throw new RefusedModule('construct-not-allowed', at, 'element segment of references');
    }
    const functions: number[] = [];
    readEntries(reader, MAX_TABLE_ENTRIES_COUNT, 'elements', () => functions.push(reader.u32()));
    if (offsetOf(offset) + functions.length > (module.table?.min ?? 0)) {
      throw new RefusedModule('construct-not-allowed', at, 'element segment outside its table');
    }
    module.elements.push({ offset, functions });
  });
}

function readDataSegments(reader: ByteReader, module: Module): void {
  readEntries(reader, MAX_ENTRIES_COUNT, 'data segments', () => {
    const { offset, at } = readSegmentStart(reader, 'data');
    const bytes = reader.take(reader.u32());
    if (offsetOf(offset) + bytes.length > (module.memory?.min ?? 0) * PAGE_BYTES) {
      throw new RefusedModule('construct-not-allowed', at, 'data segment outside its memory');
    }
    module.data.push({ offset, bytes });
  });
}
