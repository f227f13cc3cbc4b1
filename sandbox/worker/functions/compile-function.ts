import type { FunctionSpec } from '../../wire/jobs.ts';
import type { CompiledScore, ScoringFault, ScoringResult } from '../../wire/scoring.ts';
import { compileJavascript } from './javascript/compile-javascript.ts';
import { compileWasm } from './wasm/compile-wasm.ts';

/** A compiled function, or everything that is wrong with it. */
export type CompiledFunction = { ok: true; score: CompiledScore } | { ok: false; faults: ScoringFault[] };

/** Compiles the code of a function in the language it is written in. */
export function compileFunction({ language, parameters, returns }: FunctionSpec, code: Uint8Array): CompiledFunction {
  switch (language) {
    case 'javascript':
      return compileJavascript(code, parameters, resultOf(returns));
    case 'wasm':
      return compileWasm(code, parameters, resultOf(returns));
  }
}

/** Gives the result of a function with its ends as numbers again: JSON has no integers of 64 bits. */
export function resultOf(returns: FunctionSpec['returns']): ScoringResult {
  if (returns.kind === 'label') return returns;
  return { kind: 'number', scale: returns.scale, min: BigInt(returns.min), max: BigInt(returns.max) };
}
