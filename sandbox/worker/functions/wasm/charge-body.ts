// One function with its fuel charged, its stack counted and its writes noted. Fuel is charged for a whole run of
// instructions before the first of them; a run ends where a branch can leave or arrive, so each execution pays for
// what it executes, the same whoever optimised it.
import { ByteReader, RefusedModule } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { type ChargedLayout, PIECE_BITS } from './charged-module.ts';
import { CodeWriter, EMPTY_BLOCK } from './code-writer.ts';
import { MAX_CHARGED_BODY_BYTES } from './limits.ts';
import { type FunctionBody, type FunctionType, VALUE_TYPES, type ValueType } from './module.ts';
import { operandHeight } from './operand-height.ts';
import { type Instruction, readInstruction } from './read-instruction.ts';
import { endsRun, UncheckedFuel } from './unchecked-fuel.ts';

/** Fuel for entering a function and leaving it, and for each of its locals, which the host clears. */
const ENTRY_FUEL = 10;
const LOCAL_FUEL_RATIO = 0.25;
/** Places of a frame besides its locals and operands: what the host keeps of its own. */
const FRAME_OVERHEAD_PLACES = 20;
/** Largest frame that is not counted, of a function that calls nobody: there is one at a time, on top of all others. */
const MAX_UNCOUNTED_PLACES = 500;

// The one NaN that can be seen, the positive quiet one: which other an operation gives differs between the host's two
// compilers, and so with how many rows have been computed before.
const CANONICAL_NAN_F32 = 0x7fc0_0000;
const CANONICAL_NAN_F64 = 0x7ff8_0000_0000_0000n;

const VALUE_OF_STORE: Readonly<Record<string, ValueType>> = { 'f32.store': 'f32', 'f64.store': 'f64' };

/** How a function's type, with its results alone, is written as the type of a block. */
export type BlockTypeOf = (results: readonly ValueType[]) => number;

/** Writes the body again, with its locals and the length before it. */
export function chargeBody(layout: ChargedLayout, index: number, blockTypeOf: BlockTypeOf): Uint8Array {
  const { module } = layout;
  const body = module.bodies[index];
  const type = module.types[module.functions[index] ?? -1];
  if (body === undefined || type === undefined) throw new Error('a function has no body or no type');
  return new BodyCharger(layout, body, type).write(blockTypeOf(type.results));
}

class BodyCharger {
  readonly #layout: ChargedLayout;
  readonly #body: FunctionBody;
  readonly #type: FunctionType;
  readonly #code = new CodeWriter();
  /** Where a charge stands, and how much it is; known only when its run has ended. */
  readonly #charges: { at: number; fuel: number; isChecked: boolean }[] = [];
  readonly #unchecked = new UncheckedFuel();
  readonly #added: ValueType[] = [];
  readonly #places = new Map<string, number>();
  readonly #firstAdded: number;
  #run: { at: number; fuel: number };
  #depth = 0;
  #calls = false;

  constructor(layout: ChargedLayout, body: FunctionBody, type: FunctionType) {
    this.#layout = layout;
    this.#body = body;
    this.#type = type;
    this.#firstAdded = type.params.length + body.locals.reduce((sum, { count }) => sum + count, 0);
    this.#run = { at: 0, fuel: ENTRY_FUEL + Math.ceil(this.#firstAdded * LOCAL_FUEL_RATIO) };
  }

  write(blockType: number): Uint8Array {
    const { bytes } = this.#layout.module;
    const reader = new ByteReader(bytes, this.#body.codeStart, this.#body.end);
    for (;;) {
      const instruction = readInstruction(reader);
      if (reader.isAtEnd) break;
      this.#take(instruction, bytes);
      this.#expectSize(this.#code.bytes.length);
    }
    this.#closeRun();
    return this.#put(blockType);
  }

  // The whole body stands in a block of its own, so that every way out passes what follows it.
  #put(blockType: number): Uint8Array {
    const { added } = this.#layout;
    const fuel = this.#local('fuel', 'i32');
    const frame = this.#framePlaces();
    const start = new CodeWriter();
    if (frame > 0) {
      start.op('global.get', added.stack).i32(frame).op('i32.sub').op('global.set', added.stack);
      start.op('global.get', added.stack).i32(0).op('i32.lt_s').trapIf();
    }
    start.op('global.get', added.fuel).op('local.set', fuel).op('block').bytes.signed(blockType);
    const end = new CodeWriter().op('end').op('local.get', fuel).op('global.set', added.fuel);
    if (frame > 0) end.op('global.get', added.stack).i32(frame).op('i32.add').op('global.set', added.stack);
    end.op('end');
    const whole = this.#locals().raw(start.bytes.written());
    this.#weave(whole, fuel);
    whole.raw(end.bytes.written());
    this.#expectSize(whole.length);
    return new ByteWriter().sized(whole.written()).written();
  }

  #expectSize(length: number): void {
    if (length > MAX_CHARGED_BODY_BYTES) throw new RefusedModule('too-large', this.#body.codeStart, 'function');
  }

  #locals(): ByteWriter {
    const runs = [...this.#body.locals, ...this.#added.map((type) => ({ count: 1, type }))];
    const bytes = new ByteWriter().u32(runs.length);
    for (const { count, type } of runs) bytes.u32(count).byte(VALUE_TYPES[type]);
    return bytes;
  }

  #weave(whole: ByteWriter, fuel: number): void {
    const bytes = this.#code.bytes.written();
    let from = 0;
    for (const charge of this.#charges) {
      const code = new CodeWriter().op('local.get', fuel).i32(charge.fuel).op('i32.sub');
      if (charge.isChecked) this.#endWithoutFuel(code.op('local.tee', fuel).i32(0).op('i32.lt_s'), fuel);
      else code.op('local.set', fuel);
      whole.raw(bytes.subarray(from, charge.at)).raw(code.bytes.written());
      from = charge.at;
    }
    whole.raw(bytes.subarray(from));
  }

  // Who looks at what is left after the call sees that it was this.
  #endWithoutFuel(code: CodeWriter, fuel: number): void {
    code.op('if', EMPTY_BLOCK).op('local.get', fuel).op('global.set', this.#layout.added.fuel);
    code.op('unreachable').op('end');
  }

  // A large frame is counted even where nobody is called: whether the host's stack ends in it depends on whether it has
  // been optimised yet, and so on how many rows came before.
  #framePlaces(): number {
    const places =
      FRAME_OVERHEAD_PLACES + this.#firstAdded + operandHeight(this.#layout.module, this.#body, this.#type);
    return this.#calls || places > MAX_UNCOUNTED_PLACES ? places : 0;
  }

  #closeRun(): void {
    const { at, fuel } = this.#run;
    if (fuel > 0) this.#charges.push({ at, fuel, isChecked: this.#unchecked.charge(fuel) });
    this.#run = { at: this.#code.bytes.length, fuel: 0 };
  }

  // A local of ours, declared at its first use: the host clears each at every entry.
  #local(name: string, type: ValueType): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place = this.#firstAdded + this.#added.length;
    this.#added.push(type);
    this.#places.set(name, place);
    return place;
  }

  #take(instruction: Instruction, bytes: Uint8Array): void {
    const { kind, at, end } = instruction;
    this.#run.fuel += kind.fuel;
    if (kind.immediate === 'block') this.#depth += 1;
    if (kind.name === 'else') this.#closeRun();
    if (kind.name === 'end') {
      this.#depth -= 1;
      this.#closeRun();
    }
    if (!this.#replace(instruction, bytes)) this.#code.bytes.raw(bytes.subarray(at, end));
    if (endsRun(kind.name)) this.#closeRun();
    this.#unchecked.pass(instruction);
  }

  // Instructions that are not passed on as they stand; false for all others.
  #replace(instruction: Instruction, bytes: Uint8Array): boolean {
    const { name, immediate } = instruction.kind;
    if (immediate === 'access' && name.includes('store')) return this.#store(instruction, bytes);
    switch (name) {
      case 'return':
        this.#code.op('br', this.#depth);
        return true;
      case 'call':
      case 'call_indirect':
        this.#calls = true;
        return this.#handOver(() => this.#code.bytes.raw(bytes.subarray(instruction.at, instruction.end)));
      case 'memory.fill':
      case 'memory.copy': {
        const { added } = this.#layout;
        return this.#handOver(() => this.#code.op('call', name === 'memory.fill' ? added.fill : added.copy));
      }
      case 'memory.grow':
        this.#code.op('call', this.#layout.added.grow);
        return true;
      case 'memory.size':
        this.#code.op('global.get', this.#layout.added.pages);
        return true;
      case 'i32.reinterpret_f32':
        return this.#canonicalBits('f32');
      case 'i64.reinterpret_f64':
        return this.#canonicalBits('f64');
      case 'f32.copysign':
        return this.#copySign('f32');
      case 'f64.copysign':
        return this.#copySign('f64');
      default:
        return false;
    }
  }

  // Fuel is in a local, which the host keeps in a register, except while another function counts it down.
  #handOver(write: () => unknown): true {
    const { fuel } = this.#layout.added;
    const local = this.#local('fuel', 'i32');
    this.#code.op('local.get', local).op('global.set', fuel);
    write();
    this.#code.op('global.get', fuel).op('local.set', local);
    return true;
  }

  // The bits of the value on the stack, as an integer; of no NaN but the one.
  #canonicalBits(type: 'f32' | 'f64'): true {
    const value = this.#local(type, type);
    this.#code.op('local.tee', value).op(type === 'f32' ? 'i32.reinterpret_f32' : 'i64.reinterpret_f64');
    if (type === 'f32') this.#code.i32(CANONICAL_NAN_F32);
    else this.#code.i64(CANONICAL_NAN_F64);
    this.#code.op('local.get', value).op('local.get', value).op(`${type}.eq`).op('select');
    return true;
  }

  // The sign of a NaN is one of its bits: it counts as positive.
  #copySign(type: 'f32' | 'f64'): true {
    const value = this.#local(type, type);
    this.#code
      .op('local.tee', value)
      .op(`${type}.const`)
      .bytes.raw(new Uint8Array(type === 'f32' ? 4 : 8));
    this.#code.op('local.get', value).op('local.get', value).op(`${type}.eq`).op('select').op(`${type}.copysign`);
    return true;
  }

  // A store notes the piece of memory it begins in. Its address may wrap, or lie outside: then some other piece is
  // noted, or the mark is outside of the private memory; the store itself traps in either case.
  #store({ kind, index: offset, immediatesAt, end }: Instruction, bytes: Uint8Array): true {
    const { added, memory } = this.#layout;
    if (memory === null) throw new Error('a store without a memory was validated');
    const float = VALUE_OF_STORE[kind.name];
    if (float === 'f32' || float === 'f64') this.#canonicalBits(float);
    const type = kind.takes?.[1] === 'I' || float === 'f64' ? 'i64' : 'i32';
    const value = this.#local(`stored ${type}`, type);
    const address = this.#local('address', 'i32');
    const piece = (): CodeWriter => {
      if (offset > 0) this.#code.i32(offset).op('i32.add');
      return this.#code.i32(PIECE_BITS).op('i32.shr_u');
    };
    this.#code.op('local.set', value).op('local.tee', address);
    piece().privately('i32.load8_u', memory.marksAt).op('i32.eqz').op('if', EMPTY_BLOCK);
    this.#handOver(() => {
      this.#code.op('local.get', address);
      piece().op('call', added.mark);
    });
    this.#code.op('end').op('local.get', address).op('local.get', value);
    this.#code.op(float === undefined ? kind.name : `${type}.store`).bytes.raw(bytes.subarray(immediatesAt, end));
    return true;
  }
}
