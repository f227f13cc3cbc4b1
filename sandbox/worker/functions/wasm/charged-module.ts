// How a charged module differs from the submitted one. What is added comes after what was there, in every index space,
// so that submitted code, which was validated without it, cannot name it: it can neither give itself fuel nor hide a
// write.
import { MAX_MEMORY_PAGES } from './limits.ts';
import type { Module } from './module.ts';

/** Bytes of a page of memory, as the format counts them. */
export const PAGE_BYTES = 65_536;

/**
 * Written memory is noted, and restored, by pieces of four kilobytes: copying one takes about as long as noting it,
 * and the stack of a compiled program lies in one or two.
 */
export const PIECE_BITS = 12;
const PIECE_BYTES = 1 << PIECE_BITS;

/** Fuel for the first write of a call to a piece of memory, which will have to be restored. */
export const PIECE_FUEL_UNITS = 400;

/** The name of each export of a charged module. */
export const CHARGED_EXPORTS = { score: 'score', prepare: 'prepare', fuel: 'fuel' } as const;

/** Where things are in the private memory: a copy of the module's own, the list of written pieces, the mark of each. */
export interface PrivateMemory {
  ownPages: number;
  pages: number;
  pieceCount: number;
  listAt: number;
  /** The marks end where the memory ends: a write behind the last piece of the module's memory traps at its mark. */
  marksAt: number;
}

/** Indices of what is added to a module. */
export interface Added {
  fuel: number;
  stack: number;
  pieceCount: number;
  pages: number;
  /** The copy of the size of the memory, and the first copy of a mutable global; then one for each, in order. */
  copyOfPages: number;
  copies: number;
  mark: number;
  fill: number;
  copy: number;
  grow: number;
  restore: number;
  prepare: number;
  run: number;
}

/** A module with the places of all that is added to it. */
export interface ChargedLayout {
  module: Module;
  scoreFunction: number;
  /** Null for a module without memory. */
  memory: PrivateMemory | null;
  /** The most pages that the memory may have. */
  maxPages: number;
  mutableGlobals: readonly number[];
  added: Added;
}

/** Finds the place of everything that will be added. */
export function layOut(module: Module, scoreFunction: number): ChargedLayout {
  const mutableGlobals = module.globals.flatMap(({ isMutable }, index) => (isMutable ? [index] : []));
  const firstGlobal = module.globals.length;
  const firstFunction = module.functions.length;
  const declared = module.memory;
  const maxPages = declared === null ? 0 : Math.min(declared.max ?? MAX_MEMORY_PAGES, MAX_MEMORY_PAGES);
  return {
    module,
    scoreFunction,
    // All that it may grow to is there from the start: whether the host has more to give differs from run to run, and
    // memory that one row got must not be seen by the next.
    memory: declared === null ? null : privateMemory(module.growsMemory ? maxPages : declared.min),
    maxPages,
    mutableGlobals,
    added: {
      fuel: firstGlobal,
      stack: firstGlobal + 1,
      pieceCount: firstGlobal + 2,
      pages: firstGlobal + 3,
      copyOfPages: firstGlobal + 4,
      copies: firstGlobal + 5,
      mark: firstFunction,
      fill: firstFunction + 1,
      copy: firstFunction + 2,
      grow: firstFunction + 3,
      restore: firstFunction + 4,
      prepare: firstFunction + 5,
      run: firstFunction + 6,
    },
  };
}

function privateMemory(ownPages: number): PrivateMemory {
  const pieceCount = (ownPages * PAGE_BYTES) / PIECE_BYTES;
  const pages = ownPages + 1;
  return { ownPages, pages, pieceCount, listAt: ownPages * PAGE_BYTES, marksAt: pages * PAGE_BYTES - pieceCount };
}
