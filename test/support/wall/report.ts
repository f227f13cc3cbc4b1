import { appendFileSync } from 'node:fs';

/** What became of one attack. */
export interface AttackEntry {
  readonly category: string;
  readonly attack: string;
  readonly isEscape: boolean;
  /** Set when it could not be tried here; `stoppedBy` says why. */
  readonly isLeftOut?: true;
  /** The layers, in words. */
  readonly stoppedBy: string;
}

const path = process.env.GALLEY_ATTACK_REPORT;

/** Whether somebody reads what became of attacks: `npm run verify:wall` does. */
export const isReported: boolean = path !== undefined;

/** Writes down what became of an attack: one JSON line to the file that GALLEY_ATTACK_REPORT names, if any. */
export function report(entry: AttackEntry): void {
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(entry)}\n`);
}
