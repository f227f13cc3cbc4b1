/**
 * Steps that one call may take: a step is about one operation, and takes a nanosecond or a few.
 *
 * A forest of a thousand trees ten levels deep, kept in tables, uses about 300,000; and one row is done in a few
 * milliseconds whatever the code does, so that no person's row can take long enough to be told by the time of a job.
 */
export const FUEL_STEPS_COUNT = 500_000;

/** Longest text that a call may make: as long as the longest value of a column. */
export const MAX_TEXT_LENGTH_CHARS = 65_536;

/**
 * What every printed program starts with: fuel, and the operations whose cost follows from what they are given.
 *
 * The charges are measured: no operation takes much more than five nanoseconds for a step, the remainder of two numbers
 * of very different size (a microsecond) and the case of letters beyond ASCII (thirty nanoseconds each) included.
 *
 * A failure is one frozen value, thrown: it has no stack to be collected, and nothing in it to be told apart.
 */
export const PRELUDE = `'use strict';
const FUEL = ${FUEL_STEPS_COUNT};
const MAX_TEXT = ${MAX_TEXT_LENGTH_CHARS};
const STOP = Object.freeze({});
let fuel = FUEL;
function stop() { throw STOP; }
function spend(steps) { if ((fuel -= steps) < 0) stop(); }
function at(list, index) { return index >>> 0 === index && index < list.length ? list[index] : stop(); }
function place(list, index) { return index >>> 0 === index && index < list.length ? index : stop(); }
function read(text) { spend(1 + (text.length >> 3)); return text; }
function made(text) { return text.length > MAX_TEXT ? stop() : text; }
function costly(text) { spend(32 + 8 * text.length); return text; }
function search(a, b) { spend(1 + a.length * b.length); return a; }
function rest(a, b) { const times = a / b; if (!(times < 1e15 && times > -1e15)) spend(1000); return a % b; }
function join(a, b) { spend(1 + ((a.length + b.length) >> 3)); return made(a + b); }
function same(a, b) { return a.length === b.length && read(a) === b; }
function charCodeAt(text, index) { return text.charCodeAt(index); }
function endsWith(a, b) { return a.endsWith(read(b)); }
function includes(a, b) { return search(a, b).includes(b); }
function indexOf(a, b) { return search(a, b).indexOf(b); }
function slice(text, start, end) { return read(text).slice(start, end); }
function startsWith(a, b) { return a.startsWith(read(b)); }
function toLowerCase(text) { return made(costly(text).toLowerCase()); }
function toUpperCase(text) { return made(costly(text).toUpperCase()); }
function trim(text) { return costly(text).trim(); }
function toNumber(text) { return Number(costly(text)); }
`;
