import {
  type CompiledScore,
  MAX_SCORING_CODE_BYTES,
  type ScoringFault,
  type ScoringParameter,
  type ScoringResult,
} from '../../../wire/scoring.ts';
import { RefusedModule } from './byte-reader.ts';
import { findScore, resultDecoder, rowEncoder, signatureFaults, type WasmValue } from './calling-convention.ts';
import { chargeModule } from './charge-module.ts';
import { CHARGED_EXPORTS } from './charged-module.ts';
import { decodeModule } from './decode-module.ts';
import { instantiate, isValidModule } from './host-compiler.ts';

/** A function that is ready, or all that is wrong with its code. */
export type CompiledWasm = { ok: true; score: CompiledScore } | { ok: false; faults: ScoringFault[] };

/**
 * Makes a scoring function of a WebAssembly module.
 *
 * Shape: the module is decoded by us, and refused for whatever is not on our lists; validated by the host; rewritten so
 * that it is charged for what it does; validated again; and instantiated once. A call gives null when it fails in any
 * way: out of fuel, of stack, or a trap of the code's own.
 * Proof: compile-wasm.test.ts plays modules that try to remember against fresh ones.
 */
export function compileWasm(
  code: Uint8Array,
  parameters: readonly ScoringParameter[],
  returns: ScoringResult,
): CompiledWasm {
  try {
    const charged = chargeCode(code, parameters, returns);
    if (!charged.ok) return charged;
    return { ok: true, score: start(charged.bytes, parameters, returns) };
  } catch (error) {
    if (error instanceof RefusedModule) return { ok: false, faults: [error.fault] };
    throw error;
  }
}

function chargeCode(
  code: Uint8Array,
  parameters: readonly ScoringParameter[],
  returns: ScoringResult,
): { ok: true; bytes: Uint8Array<ArrayBuffer> } | { ok: false; faults: ScoringFault[] } {
  if (code.length > MAX_SCORING_CODE_BYTES) throw new RefusedModule('too-large', null, 'module');
  // A copy: whoever gave us the code cannot change it between our reading and the host's.
  const bytes = Uint8Array.from(code);
  const module = decodeModule(bytes);
  if (!isValidModule(bytes)) {
    throw new RefusedModule('types-do-not-match', null, 'module that does not validate');
  }
  const score = findScore(module);
  const faults = signatureFaults(score, parameters, returns);
  if (faults.length > 0) return { ok: false, faults };
  const charged = chargeModule(module, score.index);
  // INVARIANT: what we wrote of a valid module is valid; if not, ours is the mistake, and nothing runs.
  if (!isValidModule(charged)) throw new Error('a charged module does not validate');
  return { ok: true, bytes: charged };
}

function start(
  bytes: Uint8Array<ArrayBuffer>,
  parameters: readonly ScoringParameter[],
  returns: ScoringResult,
): CompiledScore {
  const running = instantiate(bytes);
  const run = running.exported(CHARGED_EXPORTS.score) as (...values: WasmValue[]) => WasmValue;
  try {
    running.call(CHARGED_EXPORTS.prepare);
  } catch {
    throw new RefusedModule('construct-not-allowed', null, 'start function that fails');
  }
  const encode = rowEncoder(parameters);
  const decode = resultDecoder(returns);
  return (row) => {
    if (row.length !== parameters.length) return null;
    try {
      return decode(run(...encode(row)));
    } catch {
      return null;
    }
  };
}
