// What a module may be and what one call of it may use. A limit that is met makes the call NULL, the same on every
// machine; the limits of the host (its stack, its address space, its clock) lie well above and are never the ones met.

/**
 * Fuel of one call, in units of about a nanosecond of the slowest code there is for a unit.
 *
 * A forest of 500 trees, ten levels deep and kept in memory, uses about 150,000; so one row is done in about a
 * millisecond whatever the module does, and no person's row can take long enough to be told by the time of a job.
 */
export const FUEL_PER_CALL_UNITS = 1_000_000;

/** Fuel of the start function, which runs once: enough to build tables of a model. */
export const FUEL_AT_START_UNITS = 20_000_000;

/**
 * Stack of one call: eight-byte places of locals and operands, over all frames.
 *
 * An eighth of the host's stack of a megabyte, because a frame of the host may be larger than ours by what its compiler
 * keeps. How much of its own stack the host has left depends on the machine and on whether code has been optimised yet.
 */
export const STACK_PER_CALL_PLACES = 16_384;

/** Memory that a module may have, and grow to: four megabytes, where compilers' own stack takes one. */
export const MAX_MEMORY_PAGES = 64;

/** Types, of which a compiler writes a few dozen. */
export const MAX_TYPES_COUNT = 1_000;

/** Functions: a model with the parts of a standard library that it uses has hundreds. */
export const MAX_FUNCTIONS_COUNT = 5_000;

/** Globals: compilers use a handful; each mutable one is set again before every call. */
export const MAX_GLOBALS_COUNT = 500;

/** Exports, data segments and element segments, each. */
export const MAX_ENTRIES_COUNT = 5_000;

/** Entries of the one table. */
export const MAX_TABLE_ENTRIES_COUNT = 5_000;

/** Parameters of any function: those of `score` and as many again. */
export const MAX_TYPE_PARAMETERS_COUNT = 64;

/** Results of any function or block. */
export const MAX_TYPE_RESULTS_COUNT = 8;

/** Locals of one function: a compiler without its optimiser writes hundreds. One frame must fit the stack of a call. */
export const MAX_LOCALS_COUNT = 2_000;

/** Blocks inside one another: a switch of a thousand cases is as deep. */
export const MAX_NESTING_DEPTH = 2_000;

/** Targets of one branch table. */
export const MAX_BRANCH_TARGETS_COUNT = 5_000;

/** Largest body of one function once fuel is charged in it: what the host's compiler takes (V8, `wasm-limits.h`). */
export const MAX_CHARGED_BODY_BYTES = 7_654_321;
