// The functions that are added to a module: those that note what a call writes, and those that undo it.
import { type ChargedLayout, PAGE_BYTES, PIECE_BITS, PIECE_FUEL_UNITS, type PrivateMemory } from './charged-module.ts';
import { CodeWriter, EMPTY_BLOCK } from './code-writer.ts';
import { FUEL_AT_START_UNITS, FUEL_PER_CALL_UNITS, STACK_PER_CALL_PLACES } from './limits.ts';
import type { FunctionType } from './module.ts';

/** A function to be added: its type, how many locals of type i32 it has, and its instructions without the last `end`. */
export interface AddedFunction {
  type: FunctionType;
  localCount: number;
  code: CodeWriter;
}

/** A store of eight bytes may begin in one piece of memory and end in the next. */
const LONGEST_STORE_BYTES = 8;
/** Filling or copying eight bytes takes less than a unit. */
const BYTES_A_UNIT_BITS = 3;
const NUMBER_BYTES_BITS = 1; // the list of written pieces has two bytes for each

/** All functions to be added, in the order of their indices. */
export function addedFunctions(layout: ChargedLayout): AddedFunction[] {
  const scoreType = layout.module.types[layout.module.functions[layout.scoreFunction] ?? 0];
  if (scoreType === undefined) throw new Error('the score function has no type');
  const { memory } = layout;
  // Without a memory there is nothing to note, but the indices stay.
  const none = (): AddedFunction => ({ type: { params: [], results: [] }, localCount: 0, code: new CodeWriter() });
  return [
    memory === null ? none() : markFunction(layout, memory),
    memory === null ? none() : bulkFunction(layout, memory, 'memory.fill'),
    memory === null ? none() : bulkFunction(layout, memory, 'memory.copy'),
    growFunction(layout),
    restoreFunction(layout),
    prepareFunction(layout),
    runFunction(layout, scoreType),
  ];
}

// fuel -= what is on the stack.
function chargeGlobally(code: CodeWriter, fuel: number, write: (code: CodeWriter) => void): void {
  code.op('global.get', fuel);
  write(code);
  code.op('i32.sub').op('global.set', fuel).op('global.get', fuel).i32(0).op('i32.lt_s').trapIf();
}

// (piece) Called at the first write of a call to a piece. INVARIANT: what is in the list is restored, so a piece is
// listed before it is marked, and marked before it is written.
function markFunction({ added }: ChargedLayout, memory: PrivateMemory): AddedFunction {
  const code = new CodeWriter();
  chargeGlobally(code, added.fuel, (to) => to.i32(PIECE_FUEL_UNITS));
  code.op('global.get', added.pieceCount).i32(NUMBER_BYTES_BITS).op('i32.shl');
  code.op('local.get', 0).privately('i32.store16', memory.listAt);
  code.op('global.get', added.pieceCount).i32(1).op('i32.add').op('global.set', added.pieceCount);
  code.op('local.get', 0).i32(1).privately('i32.store8', memory.marksAt);
  return { type: { params: ['i32'], results: [] }, localCount: 0, code };
}

// (to, byte or from, length)
function bulkFunction({ added }: ChargedLayout, memory: PrivateMemory, name: string): AddedFunction {
  const [to, length, piece, last] = [0, 2, 3, 4];
  const code = new CodeWriter();
  chargeGlobally(code, added.fuel, (at) => at.op('local.get', length).i32(BYTES_A_UNIT_BITS).op('i32.shr_u'));
  code.op('local.get', to).op('i64.extend_i32_u').op('local.get', length).op('i64.extend_i32_u').op('i64.add');
  code
    .i64(BigInt(memory.ownPages * PAGE_BYTES))
    .op('i64.gt_u')
    .trapIf();
  code.op('local.get', length).op('if', EMPTY_BLOCK);
  code.op('local.get', to).i32(PIECE_BITS).op('i32.shr_u').op('local.set', piece);
  code.op('local.get', to).op('local.get', length).op('i32.add').i32(1).op('i32.sub');
  code.i32(PIECE_BITS).op('i32.shr_u').op('local.set', last);
  code.op('loop', EMPTY_BLOCK);
  code.op('local.get', piece).privately('i32.load8_u', memory.marksAt).op('i32.eqz').op('if', EMPTY_BLOCK);
  code.op('local.get', piece).op('call', added.mark).op('end');
  code.op('local.get', piece).i32(1).op('i32.add').op('local.tee', piece);
  code.op('local.get', last).op('i32.le_u').op('br_if', 0).op('end').op('end');
  code.op('local.get', 0).op('local.get', 1).op('local.get', 2);
  if (name === 'memory.copy') code.copy('own', 'own');
  else code.op('memory.fill', 0);
  return { type: { params: ['i32', 'i32', 'i32'], results: [] }, localCount: 2, code };
}

// (more pages) The answer follows from the module and the row alone.
function growFunction({ added, maxPages }: ChargedLayout): AddedFunction {
  const code = new CodeWriter();
  code.op('local.get', 0).i32(maxPages).op('global.get', added.pages).op('i32.sub').op('i32.gt_u');
  code.op('if', EMPTY_BLOCK).i32(-1).op('return').op('end');
  code.op('global.get', added.pages).op('global.get', added.pages).op('local.get', 0).op('i32.add');
  code.op('global.set', added.pages);
  return { type: { params: ['i32'], results: ['i32'] }, localCount: 0, code };
}

// Back to how it was after the start function. Whatever stopped a call, and wherever, this comes before the next one;
// stopped half-way itself, it begins again with the same list.
function restoreFunction({ added, memory, mutableGlobals }: ChargedLayout): AddedFunction {
  const [index, piece, at] = [0, 1, 2];
  const code = new CodeWriter();
  if (memory !== null && memory.pieceCount > 0) {
    code.op('global.get', added.pieceCount).op('if', EMPTY_BLOCK).op('loop', EMPTY_BLOCK);
    code.op('local.get', index).i32(NUMBER_BYTES_BITS).op('i32.shl').privately('i32.load16_u', memory.listAt);
    code.op('local.tee', piece).i32(0).privately('i32.store8', memory.marksAt);
    code.op('local.get', piece).i32(PIECE_BITS).op('i32.shl').op('local.tee', at).op('local.get', at);
    const last = memory.pieceCount - 1;
    code.i32(1 << PIECE_BITS).i32((1 << PIECE_BITS) + LONGEST_STORE_BYTES - 1);
    code.op('local.get', piece).i32(last).op('i32.eq').op('select').copy('own', 'private');
    code.op('local.get', index).i32(1).op('i32.add').op('local.tee', index);
    code.op('global.get', added.pieceCount).op('i32.lt_u').op('br_if', 0).op('end');
    code.i32(0).op('global.set', added.pieceCount).op('end');
  }
  for (const [place, global] of mutableGlobals.entries()) {
    code.op('global.get', added.copies + place).op('global.set', global);
  }
  code.op('global.get', added.copyOfPages).op('global.set', added.pages);
  return { type: { params: [], results: [] }, localCount: 3, code };
}

// Once, after instantiation: the start function, and then the copy of all that a call can change.
function prepareFunction({ added, memory, mutableGlobals, module }: ChargedLayout): AddedFunction {
  const code = new CodeWriter();
  if (module.start !== null) {
    code.i32(FUEL_AT_START_UNITS).op('global.set', added.fuel);
    code.i32(STACK_PER_CALL_PLACES).op('global.set', added.stack);
    code.op('call', module.start);
  }
  if (memory !== null) {
    // Without a start function nothing can stand in what the module has yet to ask for, and the host need not find
    // room for a copy of nothing.
    const pages = module.start === null ? (module.memory?.min ?? 0) : memory.ownPages;
    code
      .i32(0)
      .i32(0)
      .i32(pages * PAGE_BYTES)
      .copy('private', 'own');
  }
  code.op('global.get', added.pages).op('global.set', added.copyOfPages);
  for (const [place, global] of mutableGlobals.entries()) {
    code.op('global.get', global).op('global.set', added.copies + place);
  }
  return { type: { params: [], results: [] }, localCount: 0, code };
}

// One row. INVARIANT: nothing of the submitted code runs before everything is as it was.
function runFunction({ added, scoreFunction }: ChargedLayout, type: FunctionType): AddedFunction {
  const code = new CodeWriter().op('call', added.restore);
  code.i32(FUEL_PER_CALL_UNITS).op('global.set', added.fuel);
  code.i32(STACK_PER_CALL_PLACES).op('global.set', added.stack);
  for (const index of type.params.keys()) code.op('local.get', index);
  code.op('call', scoreFunction);
  // The last few instructions may have been charged without a look at what was left.
  code.op('global.get', added.fuel).i32(0).op('i32.lt_s').trapIf();
  return { type, localCount: 0, code };
}
