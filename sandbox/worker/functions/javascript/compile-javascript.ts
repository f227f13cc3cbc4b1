// Scoring functions in JavaScript, by the rule that holds for SQL: what the compiler cannot represent cannot run. The
// text is parsed, read into a tree of ours, checked, and printed again; only the printed text is ever evaluated.
import { type Program as ParsedModule, parse } from 'acorn';

import {
  type CompiledScore,
  MAX_SCORING_CODE_BYTES,
  type ScoringFault,
  type ScoringParameter,
  type ScoringResult,
} from '../../../wire/scoring.ts';
import { checkTypes } from './check-types.ts';
import { Faults, faultOfWhole } from './faults.ts';
import { printProgram } from './print-program.ts';
import { readProgram } from './read-program.ts';
import { Reading } from './reading.ts';

/** The language of that year; a later one is a later decision. */
const ECMA_VERSION = 2024;

/** How the parser says that a text nests too deep for its stack; it is a limit, not a fault of the grammar. */
const TOO_DEEP = /^Not enough stack space/;

/** A compiled function, or everything that is wrong with it. */
export type Compilation = { ok: true; score: CompiledScore } | { ok: false; faults: ScoringFault[] };

/**
 * Compiles a scoring function.
 *
 * Shape: the compiled function takes a row with integers as bigint or number; it gives a number as worked out, or a
 * label as text, and null for every failure.
 */
export function compileJavascript(
  code: Uint8Array,
  parameters: readonly ScoringParameter[],
  returns: ScoringResult,
): Compilation {
  if (code.byteLength > MAX_SCORING_CODE_BYTES) return refuse(faultOfWhole('too-large', 'code'));
  const source = decode(code);
  if (source === null) return refuse(faultOfWhole('not-this-language', 'text that is not UTF-8'));
  try {
    const translated = translate(source, parameters, returns);
    return translated.ok ? evaluate(translated.text) : translated;
  } catch (error) {
    // The parser and the engine's own compiler walk nested code by recursion: the stack ends before our limits are
    // asked.
    if (error instanceof RangeError) return refuse(faultOfWhole('too-large', 'nesting'));
    throw error;
  }
}

/** The text that is evaluated for a program, or everything that is wrong with the program. */
export type Translation = { ok: true; text: string } | { ok: false; faults: ScoringFault[] };

/** Turns a program into the text that is evaluated for it. */
export function translate(
  source: string,
  parameters: readonly ScoringParameter[],
  returns: ScoringResult,
): Translation {
  const faults = new Faults(source);
  const module = parseModule(source, faults);
  if (module === null) return { ok: false, faults: faults.list };
  const program = readProgram(new Reading(source, faults), module);
  // A program that could not be read whole has places of any type.
  if (faults.list.length > 0) return { ok: false, faults: faults.list };
  checkTypes(program, parameters, returns, faults);
  if (program.score === null || faults.list.length > 0) return { ok: false, faults: faults.list };
  const isBigint = parameters.map(({ kind }) => kind === 'integer');
  return { ok: true, text: printProgram(program, program.score, isBigint) };
}

function evaluate(text: string): Compilation {
  try {
    // The one evaluation of text in the house. Every name in it is ours, and it runs behind the wall.
    return { ok: true, score: new Function(text)() as CompiledScore };
  } catch (error) {
    // Its tables are made here and may run out of fuel, as any call may.
    if (error instanceof Error) throw error;
    return refuse(faultOfWhole('too-large', 'constants'));
  }
}

function parseModule(source: string, faults: Faults): ParsedModule | null {
  try {
    return parse(source, { ecmaVersion: ECMA_VERSION, sourceType: 'module', preserveParens: true });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (TOO_DEEP.test(error.message)) throw new RangeError('the code nests too deep');
    const { pos } = error as SyntaxError & { pos?: number };
    faults.add('not-this-language', pos ?? 0, 'syntax');
    return null;
  }
}

function decode(code: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(code);
  } catch {
    return null;
  }
}

function refuse(fault: ScoringFault): Compilation {
  return { ok: false, faults: [fault] };
}
