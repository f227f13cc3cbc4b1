// A module that does what the submitted one does, for a limited time and with no memory of what it did before.
import { type AddedFunction, addedFunctions } from './added-functions.ts';
import { ByteWriter } from './byte-writer.ts';
import { chargeBody } from './charge-body.ts';
import { CHARGED_EXPORTS, type ChargedLayout, layOut } from './charged-module.ts';
import { CodeWriter, EMPTY_BLOCK } from './code-writer.ts';
import { type FunctionType, type Module, VALUE_TYPES, type ValueType } from './module.ts';

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const FUNCTION_TYPE = 0x60;
const FUNCTION_REFERENCE = 0x70;
const NEGATIVE = 0x80; // a type's byte is a negative number where an index may stand as well
const MUTABLE = 1;
const BOUNDED = 1;
const FUNCTION_EXPORT = 0;
const GLOBAL_EXPORT = 3;
const ACTIVE_SEGMENT = 0;

/**
 * Writes the module that runs in place of a submitted one.
 *
 * Shape: exports `score`, which first makes everything as it was after `prepare`; `prepare`, to be called once; and the
 * global `fuel`, what the last call left. Of the submitted module nothing is exported, and names are dropped.
 *
 * @throws {RefusedModule} when a function is too large with its fuel charged
 */
export function chargeModule(module: Module, scoreFunction: number): Uint8Array<ArrayBuffer> {
  const layout = layOut(module, scoreFunction);
  const types = new TypeTable(module.types);
  const added = addedFunctions(layout);
  const bodies = module.bodies.map((_, index) => chargeBody(layout, index, (results) => types.blockType(results)));
  const functionTypes = [...module.functions, ...added.map(({ type }) => types.indexOf(type))];
  const out = new ByteWriter().raw(HEADER);
  section(out, 1, types.all, (to, type) => writeType(to, type));
  section(out, 3, functionTypes, (to, type) => to.u32(type));
  if (module.table !== null) {
    section(out, 4, [module.table.min], (to, size) => to.raw([FUNCTION_REFERENCE, BOUNDED]).u32(size).u32(size));
  }
  const pages = layout.memory === null ? [] : [layout.memory.ownPages, layout.memory.pages];
  section(out, 5, pages, (to, size) => to.byte(BOUNDED).u32(size).u32(size));
  section(out, 6, globals(layout), (to, global) => to.raw(global));
  section(out, 7, exportsOf(layout), (to, entry) => to.raw(entry));
  section(out, 9, module.elements, (to, { offset, functions }) => {
    to.u32(ACTIVE_SEGMENT).raw(offset).u32(functions.length);
    for (const index of functions) to.u32(index);
  });
  section(out, 10, [...bodies, ...added.map(writeAdded)], (to, body) => to.raw(body));
  section(out, 11, module.data, (to, { offset, bytes }) => to.u32(ACTIVE_SEGMENT).raw(offset).sized(bytes));
  return out.written().slice();
}

function section<T>(out: ByteWriter, id: number, entries: readonly T[], write: (to: ByteWriter, entry: T) => void) {
  if (entries.length === 0) return;
  const content = new ByteWriter().u32(entries.length);
  for (const entry of entries) write(content, entry);
  out.byte(id).sized(content.written());
}

class TypeTable {
  readonly all: FunctionType[];
  readonly #places: Map<string, number>;

  constructor(types: readonly FunctionType[]) {
    this.all = [...types];
    this.#places = new Map(types.map((type, index) => [textOf(type), index]));
  }

  indexOf(type: FunctionType): number {
    const text = textOf(type);
    const place = this.#places.get(text) ?? this.all.push(type) - 1;
    this.#places.set(text, place);
    return place;
  }

  // As a block's type is written, for a block that takes nothing.
  blockType(results: readonly ValueType[]): number {
    const [first] = results;
    if (first === undefined) return EMPTY_BLOCK - NEGATIVE;
    return results.length === 1 ? VALUE_TYPES[first] - NEGATIVE : this.indexOf({ params: [], results });
  }
}

const textOf = ({ params, results }: FunctionType): string => `${params} > ${results}`;

function writeType(to: ByteWriter, { params, results }: FunctionType): void {
  to.byte(FUNCTION_TYPE);
  for (const types of [params, results]) {
    to.u32(types.length);
    for (const type of types) to.byte(VALUE_TYPES[type]);
  }
}

function globals({ module, memory, added, mutableGlobals }: ChargedLayout): Uint8Array[] {
  const write = (type: ValueType, isMutable: boolean, init: Uint8Array): Uint8Array =>
    new ByteWriter()
      .byte(VALUE_TYPES[type])
      .byte(isMutable ? MUTABLE : 0)
      .raw(init)
      .written();
  const number = (value: number): Uint8Array =>
    write('i32', true, new CodeWriter().i32(value).op('end').bytes.written());
  const submitted = module.globals.map(({ type, isMutable, init }) => write(type, isMutable, init));
  const startPages = memory === null ? 0 : (module.memory?.min ?? 0);
  const own: Uint8Array[] = [];
  for (let index = added.fuel; index < added.copies; index += 1) {
    own.push(number(index === added.pages ? startPages : 0));
  }
  const copies = mutableGlobals.flatMap((index) => {
    const global = module.globals[index];
    return global === undefined ? [] : [write(global.type, true, global.init)];
  });
  return [...submitted, ...own, ...copies];
}

function exportsOf({ added }: ChargedLayout): Uint8Array[] {
  const write = (name: string, kind: number, index: number): Uint8Array =>
    new ByteWriter().sized(new TextEncoder().encode(name)).byte(kind).u32(index).written();
  return [
    write(CHARGED_EXPORTS.score, FUNCTION_EXPORT, added.run),
    write(CHARGED_EXPORTS.prepare, FUNCTION_EXPORT, added.prepare),
    write(CHARGED_EXPORTS.fuel, GLOBAL_EXPORT, added.fuel),
  ];
}

function writeAdded({ localCount, code }: AddedFunction): Uint8Array {
  const body = new ByteWriter();
  if (localCount === 0) body.u32(0);
  else body.u32(1).u32(localCount).byte(VALUE_TYPES.i32);
  body.raw(code.op('end').bytes.written());
  return new ByteWriter().sized(body.written()).written();
}
