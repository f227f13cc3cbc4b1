// What real compilers write. Each is beside its source in testdata/, with the command that made it in its first line.
import { readFileSync } from 'node:fs';
import type { ScoringArgument, ScoringParameter } from '../../../../wire/scoring.ts';
import { parametersOf } from './running.ts';

/** A module of a real compiler, with a row that it takes. */
export interface Sample {
  name: string;
  kinds: ScoringParameter[];
  row: ScoringArgument[];
}

/** Modules of Rust, C and AssemblyScript. */
export const SAMPLES: readonly Sample[] = [
  { name: 'forest-with-heap', kinds: parametersOf('integer', 'number', 'text'), row: [2n, 15, 'b'] },
  { name: 'segments-by-age', kinds: parametersOf('integer', 'number', 'boolean'), row: [40n, 120, true] },
  { name: 'scaled-table', kinds: parametersOf('number', 'integer', 'text'), row: [3, 10n, 'b'] },
];

/** The bytes of a sample. */
export function sampleBytes(name: string): Uint8Array {
  const text = readFileSync(new URL(`../testdata/${name}.wasm.base64`, import.meta.url), 'ascii');
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
