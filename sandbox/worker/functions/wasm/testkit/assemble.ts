// Modules written in tests as text: a small part of the WebAssembly text format, without names.
import { ByteWriter } from '../byte-writer.ts';
import { type InstructionKind, instructionNamed } from '../instructions.ts';

/** A function: its type as `Fi>F` (i, I, f, F for i32, i64, f32, f64), its locals, its code without the last `end`. */
export interface WrittenFunction {
  type: string;
  locals?: string;
  code: string;
  exported?: string;
}

/** A module as a test writes it. */
export interface WrittenModule {
  functions: readonly WrittenFunction[];
  memory?: readonly [min: number, max?: number];
  table?: { size: number; functions: readonly number[] };
  globals?: readonly { type: string; mutable: boolean; value: string }[];
  data?: readonly { at: number; bytes: readonly number[] }[];
  start?: number;
}

const CODES: Readonly<Record<string, number>> = { i: 0x7f, I: 0x7e, f: 0x7d, F: 0x7c };
const NAMES: Readonly<Record<string, string>> = { i: 'i32', I: 'i64', f: 'f32', F: 'f64' };
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const EMPTY_BLOCK = 0x40;
const typePattern = /^[iIfF]*>[iIfF]*$/;
const alignments: readonly (readonly [RegExp, number])[] = [
  [/8/, 0],
  [/16/, 1],
  [/32_|32$/, 2],
  [/^.32/, 2],
  [/^/, 3],
];

const letters = (text: string): number[] => [...text].map((letter) => CODES[letter] ?? 0);

/** One section: its id, and its content with the length before it. */
export function sectionBytes(id: number, content: Uint8Array | readonly number[]): Uint8Array {
  return new ByteWriter().byte(id).sized(Uint8Array.from(content)).written().slice();
}

/** A module of sections as they are given. */
export function moduleOf(...sections: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const out = new ByteWriter().raw(HEADER);
  for (const section of sections) out.raw(section);
  return out.written().slice();
}

/** The bytes of a module. */
export function assemble(written: WrittenModule): Uint8Array {
  const types: string[] = [];
  const bodies = written.functions.map((one) => bodyOf(one, types));
  const functions = written.functions.map(({ type }) => typeIndex(type, types));
  const { memory, table, globals = [], data = [], start } = written;
  const exported = written.functions.flatMap((one, index) => (one.exported ? [{ name: one.exported, index }] : []));
  return moduleOf(
    vector(1, types, (to, type) => {
      const [params = [], results = []] = type.split('>').map(letters);
      to.byte(0x60).sized(Uint8Array.from(params)).sized(Uint8Array.from(results));
    }),
    vector(3, functions, (to, index) => to.u32(index)),
    vector(4, table === undefined ? [] : [table.size], (to, size) => to.raw([0x70, 0]).u32(size)),
    vector(5, memory === undefined ? [] : [memory], (to, [min, max]) =>
      max === undefined ? to.byte(0).u32(min) : to.byte(1).u32(min).u32(max),
    ),
    vector(6, globals, (to, { type, mutable, value }) =>
      to
        .raw(letters(type))
        .byte(mutable ? 1 : 0)
        .raw(codeOf(`${NAMES[type]}.const ${value} end`, types)),
    ),
    vector(7, exported, (to, { name, index }) => to.sized(new TextEncoder().encode(name)).byte(0).u32(index)),
    start === undefined ? [] : sectionBytes(8, new ByteWriter().u32(start).written()),
    vector(9, table === undefined ? [] : [table.functions], (to, list) => {
      to.raw([0, 0x41, 0, 0x0b]).u32(list.length);
      for (const index of list) to.u32(index);
    }),
    vector(10, bodies, (to, body) => to.sized(body)),
    vector(11, data, (to, { at, bytes }) => to.byte(0).byte(0x41).signed(at).byte(0x0b).sized(Uint8Array.from(bytes))),
  );
}

function vector<T>(id: number, entries: readonly T[], write: (to: ByteWriter, entry: T) => unknown): Uint8Array {
  if (entries.length === 0) return new Uint8Array();
  const content = new ByteWriter().u32(entries.length);
  for (const entry of entries) write(content, entry);
  return sectionBytes(id, content.written());
}

function typeIndex(type: string, types: string[]): number {
  const known = types.indexOf(type);
  return known === -1 ? types.push(type) - 1 : known;
}

function bodyOf({ code, locals = '' }: WrittenFunction, types: string[]): Uint8Array {
  const out = new ByteWriter().u32(locals.length);
  for (const letter of letters(locals)) out.u32(1).byte(letter);
  return out
    .raw(codeOf(`${code} end`, types))
    .written()
    .slice();
}

function codeOf(text: string, types: string[]): Uint8Array {
  const out = new ByteWriter();
  const tokens = text.trim().split(/\s+/).toReversed();
  while (tokens.length > 0) {
    const kind = instructionNamed(tokens.pop() ?? '');
    if (kind.code > 0xff) out.byte(kind.code >> 8).u32(kind.code & 0xff);
    else out.byte(kind.code);
    writeImmediates(out, kind, tokens, types);
  }
  return out.written().slice();
}

function writeImmediates(out: ByteWriter, kind: InstructionKind, tokens: string[], types: string[]): void {
  const next = (): string => tokens.pop() ?? '';
  switch (kind.immediate) {
    case 'none':
      return;
    case 'block':
      writeBlockType(out, typePattern.test(tokens.at(-1) ?? '') ? next() : '>', types);
      return;
    case 'labels': {
      const labels = next().split(',').map(Number);
      out.u32(labels.length - 1);
      for (const label of labels) out.u32(label);
      return;
    }
    case 'indirect':
      out.u32(typeIndex(next(), types)).u32(0);
      return;
    case 'types':
      out.u32(1).raw(letters(next()));
      return;
    case 'access': {
      const access = kind.name.split('.')[1] ?? '';
      const [, alignment = 0] =
        alignments.find(([pattern]) => pattern.test(/\d/.test(access) ? access : kind.name)) ?? [];
      out.u32(alignment).u32(tokens.at(-1)?.startsWith('offset=') ? Number(next().slice('offset='.length)) : 0);
      return;
    }
    case 'memory':
      out.byte(0);
      return;
    case 'memories':
      out.raw([0, 0]);
      return;
    case 'i32':
    case 'i64':
      out.signed(BigInt.asIntN(kind.immediate === 'i32' ? 32 : 64, BigInt(next())));
      return;
    case 'f32':
      out.raw(new Uint8Array(Float32Array.of(numberOf(next())).buffer));
      return;
    case 'f64':
      out.raw(new Uint8Array(Float64Array.of(numberOf(next())).buffer));
      return;
    default:
      out.u32(Number(next()));
  }
}

const numberOf = (text: string): number =>
  text === 'inf' ? Number.POSITIVE_INFINITY : text === '-inf' ? -Infinity : Number(text);

function writeBlockType(out: ByteWriter, type: string, types: string[]): void {
  const [params = '', results = ''] = type.split('>');
  if (params === '' && results === '') out.byte(EMPTY_BLOCK);
  else if (params === '' && results.length === 1) out.raw(letters(results));
  else out.signed(typeIndex(type, types));
}
