import { type ByteReader, RefusedModule } from './byte-reader.ts';

/** The four types of values, as the format writes them. */
export const VALUE_TYPES = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c } as const;
/** The name of a type of values. */
export type ValueType = keyof typeof VALUE_TYPES;

const valueTypeOf = new Map<number, ValueType>([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
]);

/** The type of a function. */
export interface FunctionType {
  params: readonly ValueType[];
  results: readonly ValueType[];
}

/** Bounds of a memory or a table, as they are declared. */
export interface Bounds {
  min: number;
  max: number | null;
}

/** A global; `init` is its one constant, with the `end` after it. */
export interface GlobalVariable {
  type: ValueType;
  isMutable: boolean;
  init: Uint8Array;
}

/** An export: of a function (0), a table, a memory or a global. */
export interface Export {
  name: string;
  kind: number;
  index: number;
  at: number;
}

/** Functions that stand in the table from the place on that `offset` gives. */
export interface ElementSegment {
  offset: Uint8Array;
  functions: readonly number[];
}

/** Bytes that stand in the memory from the place on that `offset` gives. */
export interface DataSegment {
  offset: Uint8Array;
  bytes: Uint8Array;
}

/** The body of a function: its locals in runs of one type, and where its instructions are. */
export interface FunctionBody {
  locals: readonly { count: number; type: ValueType }[];
  codeStart: number;
  end: number;
}

/** A module of which everything is known: what is not here was refused. */
export interface Module {
  bytes: Uint8Array;
  types: FunctionType[];
  /** The type of each function, by index. */
  functions: number[];
  table: Bounds | null;
  memory: Bounds | null;
  globals: GlobalVariable[];
  exports: Export[];
  start: number | null;
  elements: ElementSegment[];
  bodies: FunctionBody[];
  /** Whether some function may ask for more memory. */
  growsMemory: boolean;
  data: DataSegment[];
}

/** Reads the type of a value; vectors and references are refused. */
export function readValueType(reader: ByteReader): ValueType {
  const { at } = reader;
  const code = reader.byte();
  const type = valueTypeOf.get(code);
  if (type === undefined) throw new RefusedModule('construct-not-allowed', at, `type 0x${code.toString(16)}`);
  return type;
}
