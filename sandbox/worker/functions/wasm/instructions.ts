// Every instruction that a scoring function may use. What has no row here is refused: vectors (whose relaxed forms
// differ by machine), threads, exceptions, tail calls, references, a second memory, and whatever comes after them.

/** What follows the opcode of an instruction. */
export type Immediate =
  | 'none'
  | 'block'
  | 'label'
  | 'labels'
  | 'function'
  | 'indirect'
  | 'types'
  | 'local'
  | 'global'
  | 'access'
  | 'memory'
  | 'memories'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64';

/** An instruction of the format. */
export interface InstructionKind {
  name: string;
  /** The opcode; one of two bytes as 0xfc00 and the second. */
  code: number;
  immediate: Immediate;
  /** Types taken and given, as `II>i`: i, I, f and F are i32, i64, f32 and f64; null where they depend on context. */
  takes: string | null;
  gives: string | null;
  /** What one execution costs in units of fuel. */
  fuel: number;
}

// Units follow what the slowest machine code for the instruction takes, in nanoseconds and with room: the code before
// it is optimised, a load that misses the cache, a division by a value that is not constant.
const PLAIN_FUEL = 1;
const LOAD_FUEL = 2;
const STORE_FUEL = 4;
const DIVISION_FUEL = 8;
const ROUNDING_FUEL = 4;
const TABLE_FUEL = 4;
const CALL_FUEL = 10;
const INDIRECT_FUEL = 15;
const GROW_FUEL = 50;
const BULK_FUEL = 100;

type Row = readonly [code: number, immediate: Immediate, types: string, fuel: number, names: string];

const INTEGER_COMPARISONS = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const FLOAT_COMPARISONS = 'eq ne lt gt le ge';
const of = (type: string, names: string): string => names.replace(/\S+/g, (name) => `${type}.${name}`);

const CONTROL_ROWS: readonly Row[] = [
  [0x00, 'none', '', PLAIN_FUEL, 'unreachable'],
  [0x01, 'none', '>', PLAIN_FUEL, 'nop'],
  [0x02, 'block', '', 0, 'block loop'],
  [0x04, 'block', '', PLAIN_FUEL, 'if'],
  [0x05, 'none', '', 0, 'else'],
  [0x0b, 'none', '', 0, 'end'],
  [0x0c, 'label', '', PLAIN_FUEL, 'br br_if'],
  [0x0e, 'labels', '', TABLE_FUEL, 'br_table'],
  [0x0f, 'none', '', PLAIN_FUEL, 'return'],
  [0x10, 'function', '', CALL_FUEL, 'call'],
  [0x11, 'indirect', '', INDIRECT_FUEL, 'call_indirect'],
  [0x1a, 'none', '', PLAIN_FUEL, 'drop select'],
  [0x1c, 'types', '', PLAIN_FUEL, 'select_typed'],
  [0x20, 'local', '', PLAIN_FUEL, 'local.get local.set local.tee'],
  [0x23, 'global', '', PLAIN_FUEL, 'global.get global.set'],
  [0x41, 'i32', '>i', PLAIN_FUEL, 'i32.const'],
  [0x42, 'i64', '>I', PLAIN_FUEL, 'i64.const'],
  [0x43, 'f32', '>f', PLAIN_FUEL, 'f32.const'],
  [0x44, 'f64', '>F', PLAIN_FUEL, 'f64.const'],
];

const MEMORY_ROWS: readonly Row[] = [
  [0x28, 'access', 'i>i', LOAD_FUEL, 'i32.load'],
  [0x29, 'access', 'i>I', LOAD_FUEL, 'i64.load'],
  [0x2a, 'access', 'i>f', LOAD_FUEL, 'f32.load'],
  [0x2b, 'access', 'i>F', LOAD_FUEL, 'f64.load'],
  [0x2c, 'access', 'i>i', LOAD_FUEL, of('i32', 'load8_s load8_u load16_s load16_u')],
  [0x30, 'access', 'i>I', LOAD_FUEL, of('i64', 'load8_s load8_u load16_s load16_u load32_s load32_u')],
  [0x36, 'access', 'ii>', STORE_FUEL, 'i32.store'],
  [0x37, 'access', 'iI>', STORE_FUEL, 'i64.store'],
  [0x38, 'access', 'if>', STORE_FUEL, 'f32.store'],
  [0x39, 'access', 'iF>', STORE_FUEL, 'f64.store'],
  [0x3a, 'access', 'ii>', STORE_FUEL, of('i32', 'store8 store16')],
  [0x3c, 'access', 'iI>', STORE_FUEL, of('i64', 'store8 store16 store32')],
  [0x3f, 'memory', '>i', PLAIN_FUEL, 'memory.size'],
  [0x40, 'memory', 'i>i', GROW_FUEL, 'memory.grow'],
  [0xfc0a, 'memories', 'iii>', BULK_FUEL, 'memory.copy'],
  [0xfc0b, 'memory', 'iii>', BULK_FUEL, 'memory.fill'],
];

const INTEGER_ROWS: readonly Row[] = [
  [0x45, 'none', 'i>i', PLAIN_FUEL, 'i32.eqz'],
  [0x46, 'none', 'ii>i', PLAIN_FUEL, of('i32', INTEGER_COMPARISONS)],
  [0x50, 'none', 'I>i', PLAIN_FUEL, 'i64.eqz'],
  [0x51, 'none', 'II>i', PLAIN_FUEL, of('i64', INTEGER_COMPARISONS)],
  [0x67, 'none', 'i>i', PLAIN_FUEL, of('i32', 'clz ctz popcnt')],
  [0x6a, 'none', 'ii>i', PLAIN_FUEL, of('i32', 'add sub mul')],
  [0x6d, 'none', 'ii>i', DIVISION_FUEL, of('i32', 'div_s div_u rem_s rem_u')],
  [0x71, 'none', 'ii>i', PLAIN_FUEL, of('i32', 'and or xor shl shr_s shr_u rotl rotr')],
  [0x79, 'none', 'I>I', PLAIN_FUEL, of('i64', 'clz ctz popcnt')],
  [0x7c, 'none', 'II>I', PLAIN_FUEL, of('i64', 'add sub mul')],
  [0x7f, 'none', 'II>I', DIVISION_FUEL, of('i64', 'div_s div_u rem_s rem_u')],
  [0x83, 'none', 'II>I', PLAIN_FUEL, of('i64', 'and or xor shl shr_s shr_u rotl rotr')],
  [0xc0, 'none', 'i>i', PLAIN_FUEL, of('i32', 'extend8_s extend16_s')],
  [0xc2, 'none', 'I>I', PLAIN_FUEL, of('i64', 'extend8_s extend16_s extend32_s')],
];

const floatRows = (type: 'f32' | 'f64', letter: string, first: { comparison: number; unary: number }): Row[] => {
  const { comparison, unary } = first;
  const [one, two] = [`${letter}>${letter}`, `${letter}${letter}>${letter}`];
  return [
    [comparison, 'none', `${letter}${letter}>i`, PLAIN_FUEL, of(type, FLOAT_COMPARISONS)],
    [unary, 'none', one, PLAIN_FUEL, of(type, 'abs neg')],
    [unary + 2, 'none', one, ROUNDING_FUEL, of(type, 'ceil floor trunc nearest')],
    [unary + 6, 'none', one, DIVISION_FUEL, of(type, 'sqrt')],
    [unary + 7, 'none', two, ROUNDING_FUEL, of(type, 'add sub mul')],
    [unary + 10, 'none', two, DIVISION_FUEL, of(type, 'div')],
    [unary + 11, 'none', two, ROUNDING_FUEL, of(type, 'min max copysign')],
  ];
};

const CONVERSION_ROWS: readonly Row[] = [
  [0xa7, 'none', 'I>i', PLAIN_FUEL, 'i32.wrap_i64'],
  [0xa8, 'none', 'f>i', ROUNDING_FUEL, of('i32', 'trunc_f32_s trunc_f32_u')],
  [0xaa, 'none', 'F>i', ROUNDING_FUEL, of('i32', 'trunc_f64_s trunc_f64_u')],
  [0xac, 'none', 'i>I', PLAIN_FUEL, of('i64', 'extend_i32_s extend_i32_u')],
  [0xae, 'none', 'f>I', ROUNDING_FUEL, of('i64', 'trunc_f32_s trunc_f32_u')],
  [0xb0, 'none', 'F>I', ROUNDING_FUEL, of('i64', 'trunc_f64_s trunc_f64_u')],
  [0xb2, 'none', 'i>f', ROUNDING_FUEL, of('f32', 'convert_i32_s convert_i32_u')],
  [0xb4, 'none', 'I>f', ROUNDING_FUEL, of('f32', 'convert_i64_s convert_i64_u')],
  [0xb6, 'none', 'F>f', ROUNDING_FUEL, 'f32.demote_f64'],
  [0xb7, 'none', 'i>F', ROUNDING_FUEL, of('f64', 'convert_i32_s convert_i32_u')],
  [0xb9, 'none', 'I>F', ROUNDING_FUEL, of('f64', 'convert_i64_s convert_i64_u')],
  [0xbb, 'none', 'f>F', ROUNDING_FUEL, 'f64.promote_f32'],
  [0xbc, 'none', 'f>i', PLAIN_FUEL, 'i32.reinterpret_f32'],
  [0xbd, 'none', 'F>I', PLAIN_FUEL, 'i64.reinterpret_f64'],
  [0xbe, 'none', 'i>f', PLAIN_FUEL, 'f32.reinterpret_i32'],
  [0xbf, 'none', 'I>F', PLAIN_FUEL, 'f64.reinterpret_i64'],
  [0xfc00, 'none', 'f>i', ROUNDING_FUEL, of('i32', 'trunc_sat_f32_s trunc_sat_f32_u')],
  [0xfc02, 'none', 'F>i', ROUNDING_FUEL, of('i32', 'trunc_sat_f64_s trunc_sat_f64_u')],
  [0xfc04, 'none', 'f>I', ROUNDING_FUEL, of('i64', 'trunc_sat_f32_s trunc_sat_f32_u')],
  [0xfc06, 'none', 'F>I', ROUNDING_FUEL, of('i64', 'trunc_sat_f64_s trunc_sat_f64_u')],
];

const ROWS: readonly Row[] = [
  ...CONTROL_ROWS,
  ...MEMORY_ROWS,
  ...INTEGER_ROWS,
  ...floatRows('f32', 'f', { comparison: 0x5b, unary: 0x8b }),
  ...floatRows('f64', 'F', { comparison: 0x61, unary: 0x99 }),
  ...CONVERSION_ROWS,
];

/** Every permitted instruction. */
export const INSTRUCTIONS: readonly InstructionKind[] = ROWS.flatMap(([first, immediate, types, fuel, names]) => {
  const [takes, gives] = types.split('>');
  return names.split(' ').map((name, index) => ({
    name,
    code: first + index,
    immediate,
    takes: types === '' ? null : (takes ?? ''),
    gives: types === '' ? null : (gives ?? ''),
    fuel,
  }));
});

const byCode = new Map(INSTRUCTIONS.map((kind) => [kind.code, kind]));
const byName = new Map(INSTRUCTIONS.map((kind) => [kind.name, kind]));

/** The permitted instruction of that opcode, if there is one. */
export function instructionOf(code: number): InstructionKind | undefined {
  return byCode.get(code);
}

/** The permitted instruction of that name. */
export function instructionNamed(name: string): InstructionKind {
  const kind = byName.get(name);
  if (kind === undefined) throw new Error(`there is no instruction named ${name}`);
  return kind;
}
