import type { FunctionSignature } from '../../policies/index.ts';
import type { ScoringLanguage } from '../../sandbox/index.ts';
import { digestOf } from '../kitchen/index.ts';

/** What a function takes and gives. */
export type Signature = Pick<FunctionSignature, 'parameters' | 'returns'>;

/** What a version of a function is made of. */
export interface FunctionVersion extends Signature {
  readonly language: ScoringLanguage;
  readonly code: Uint8Array;
}

/** What stands between signature and code: no JSON has it, so that nothing of the one can pass for the other. */
const SEPARATOR = Buffer.from([0]);

/**
 * Names a version by what it is: SHA-256 over its language and signature as JSON, a zero byte and the code, in hex.
 *
 * Whoever has the code can compute it and compare it with the log; docs/functions.md says how.
 */
export function functionDigest({ language, parameters, returns, code }: FunctionVersion): string {
  const head = Buffer.from(`{"language":"${language}",${signatureText({ parameters, returns }).slice(1)}`);
  return digestOf(Buffer.concat([head, SEPARATOR, code]));
}

/** A signature as JSON with its fields in one order; ends of numbers are written out, as they may have 64 bits. */
export function signatureText({ parameters, returns }: Signature): string {
  const taken = parameters.map(({ name, kind, values }) => ({ name, kind, values }));
  const given =
    returns.kind === 'label'
      ? { kind: returns.kind, labels: returns.labels }
      : { kind: returns.kind, scale: returns.scale, min: String(returns.min), max: String(returns.max) };
  return JSON.stringify({ parameters: taken, returns: given });
}

/** The signature that was stored as JSON. */
export function parseSignature(text: string): Signature {
  type Stored = Signature['returns'] | { kind: 'number'; scale: number; min: string; max: string };
  const { parameters, returns } = JSON.parse(text) as Pick<Signature, 'parameters'> & { returns: Stored };
  if (returns.kind === 'label') return { parameters, returns };
  return { parameters, returns: { ...returns, min: BigInt(returns.min), max: BigInt(returns.max) } };
}
