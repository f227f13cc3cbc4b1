import type { JobSpec } from '../../wire/jobs.ts';
import { answer } from '../channel.ts';
import { compileFunction } from '../functions/compile-function.ts';
import { receiveCode } from '../functions/receive-code.ts';

/** Compiles a scoring function as a run would and answers what is wrong with it. */
export function checkFunction({ candidate }: JobSpec & { kind: 'check-function' }): void {
  const compiled = compileFunction(candidate, receiveCode());
  answer({ kind: 'checked', faults: compiled.ok ? [] : compiled.faults });
}
