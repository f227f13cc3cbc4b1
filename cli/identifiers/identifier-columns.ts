import { digestIdentifier, type IdentifierKind, isIdentifierKind } from '../../identity/index.ts';

/** A column of identifiers, as the command line names it. */
export interface IdentifierColumn {
  readonly name: string;
  readonly kind: IdentifierKind;
  /** ISO 3166 country of telephone numbers written without one. */
  readonly region?: string;
}

/** Why a value or a row was not hashed; never what it held. */
export type UnhashedReason = 'not-an-identifier' | 'wrong-column-count' | 'not-json';

/** Something that was not hashed: where and why. `column` is empty for a row that was left out. */
export interface Unhashed {
  readonly line: number;
  readonly column: string;
  readonly reason: UnhashedReason;
}

/** How a run stands. */
export interface HashCounts {
  rows: number;
  /** Digests written, by column. */
  readonly hashed: Map<string, number>;
  /** Values that were missing before, by column. */
  readonly missing: Map<string, number>;
  /** What was not hashed, by column and reason. */
  readonly unhashed: Map<string, Map<UnhashedReason, number>>;
}

/** How a column is written on the command line. */
export const identifierColumnSyntax =
  'name=kind or name=phone:region, the kind one of email, phone, member_id, device_id, card_number, custom:name';

const REGION = /^[A-Z]{2}$/;

/** Reads a column of the command line, for example `tel=phone:DE`; null when it is none. */
export function readIdentifierColumn(value: string): IdentifierColumn | null {
  const at = value.lastIndexOf('=');
  const name = value.slice(0, at);
  const [word = '', region] = value.slice(at + 1).startsWith('phone:')
    ? value.slice(at + 1).split(':')
    : [value.slice(at + 1)];
  if (at < 1 || !isIdentifierKind(word)) return null;
  if (region === undefined) return { name, kind: word };
  return REGION.test(region) ? { name, kind: word, region } : null;
}

/** Replaces identifiers by digests, and counts. */
export class ColumnHasher {
  readonly #report: (unhashed: Unhashed) => void;
  readonly counts: HashCounts = { rows: 0, hashed: new Map(), missing: new Map(), unhashed: new Map() };

  /** @param report is told what was not hashed */
  constructor(columns: readonly IdentifierColumn[], report: (unhashed: Unhashed) => void) {
    this.#report = report;
    for (const { name } of columns) {
      this.counts.hashed.set(name, 0);
      this.counts.missing.set(name, 0);
    }
  }

  /** Gives the digest of a value as base64, or null when it is missing or not usable. */
  hash({ name, kind, region }: IdentifierColumn, text: string, line: number): string | null {
    if (text.trim() === '') {
      this.#add(this.counts.missing, name);
      return null;
    }
    const digest = digestIdentifier(kind, text, region);
    if (digest === null) {
      this.leaveOut({ line, column: name, reason: 'not-an-identifier' });
      return null;
    }
    this.#add(this.counts.hashed, name);
    return digest.toString('base64');
  }

  /** Counts what was not hashed, and tells of it. */
  leaveOut(unhashed: Unhashed): void {
    const { column, reason } = unhashed;
    const reasons = this.counts.unhashed.get(column) ?? new Map<UnhashedReason, number>();
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    this.counts.unhashed.set(column, reasons);
    this.#report(unhashed);
  }

  #add(counts: Map<string, number>, name: string): void {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}
