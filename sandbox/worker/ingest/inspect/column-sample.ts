import { normaliseIdentifier, readDigest } from '../../../../identity/index.ts';
import type { ColumnType } from '../../../wire/column-type.ts';
import { type FoundColumn, KNOWN_NULL_WORDS, type ProposedKind } from '../../../wire/inspection.ts';
import type { RawValue } from '../raw-value.ts';
import { acceptValue } from '../raw-values.ts';
import { isRejection, readText } from '../text-values.ts';
import { identifierOf, type NameHint } from './propose-name.ts';

/** Which share of the values must be of a kind for it to be proposed: a few bad rows are what rejects are for. */
const MIN_FIT_RATIO = 0.95;

/** Digits after the point that a column of a dataset may have. */
const MAX_SCALE_DIGITS = 9;

/** Longest value that can be anything but text. */
const MAX_JUDGED_CHARS = 256;

/** Values of a column whose telephone numbers are judged: their rules take a hundred times as long as all others. */
const MAX_PHONES_COUNT = 200;

/** Words that are missing values even among texts; the others may be somebody's name or a country. */
const CERTAIN_NULL_WORDS: ReadonlySet<string> = new Set(['\\N', 'NULL', 'null', '#N/A']);
const NULL_WORDS: ReadonlySet<string> = new Set(KNOWN_NULL_WORDS);

/** Digits that a number would lose. */
const KEPT_ZERO = /^[+-]?0\d/;
const FRACTION = /\.(\d*?)0*$/;
const BOOLEAN_WORD = /^(?:true|false|t|f|yes|no)$/i;
const LOCAL_PHONE = /^[\d ()/.-]{6,20}$/;
const DEVICE_ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** What values are tried as; `hashed` is an identifier that is its digest already. */
type Candidate = 'text' | 'integer' | 'decimal' | 'boolean' | 'date' | 'timestamp' | Identifier | 'hashed';
type Identifier = 'email' | 'phone' | 'device_id' | 'card_number';

/** In this order the first that fits is proposed: what is rarer by chance comes first. */
const ORDER: readonly Candidate[] = [
  'hashed',
  'email',
  'device_id',
  'card_number',
  'phone',
  'boolean',
  'integer',
  'decimal',
  'date',
  'timestamp',
];

/** Looks at the values of one column and keeps nothing of them but counts. */
export class ColumnSample {
  readonly #hint: NameHint;
  readonly #fits = new Map<Candidate, number>();
  readonly #nullWords = new Map<string, number>();
  #present = 0;
  #phonesMet = 0;
  #phonesTried = 0;
  #scale = 0;

  /** @param source the name in the file, which says more of an identifier than its looks */
  constructor(source: string) {
    this.#hint = identifierOf(source);
  }

  /** Looks at a value. */
  add(raw: RawValue): void {
    if (raw === null || (typeof raw === 'string' && raw.trim() === '')) return;
    if (typeof raw === 'string' && NULL_WORDS.has(raw)) {
      this.#nullWords.set(raw, (this.#nullWords.get(raw) ?? 0) + 1);
    } else {
      this.#present += 1;
      if (typeof raw === 'string') this.#tryText(raw.trim());
      else this.#tryTyped(raw);
    }
  }

  /**
   * What the column may become, and the words in it that stand for a missing value.
   *
   * @param rowCount of all rows, those included in which nothing stood for the column
   */
  verdict(
    rowCount: number,
  ): Pick<FoundColumn, 'kind' | 'scale' | 'form' | 'nullable' | 'fitPermille'> & { nullWords: string[] } {
    const found = ORDER.find((candidate) => this.#permille(candidate) >= MIN_FIT_RATIO * 1_000 && this.#present > 0);
    const candidate = found ?? 'text';
    const nullWords = [...this.#nullWords.keys()].filter((word) => found !== undefined || CERTAIN_NULL_WORDS.has(word));
    return {
      kind: this.#kindOf(candidate),
      scale: candidate === 'decimal' ? this.#scale : 0,
      form: candidate === 'hashed' ? 'hashed' : 'raw',
      nullable: this.#present < rowCount - (found === undefined ? this.#uncertainNulls() : 0),
      fitPermille: this.#present === 0 ? 1_000 : this.#permille(candidate),
      nullWords,
    };
  }

  // Words that are texts after all.
  #uncertainNulls(): number {
    return [...this.#nullWords].reduce((sum, [word, count]) => sum + (CERTAIN_NULL_WORDS.has(word) ? 0 : count), 0);
  }

  #permille(candidate: Candidate): number {
    const fits = this.#fits.get(candidate) ?? 0;
    // Those beyond the limit are taken to be as those before.
    const all = candidate === 'phone' ? (fits / Math.max(1, this.#phonesTried)) * this.#phonesMet : fits;
    return Math.floor((all * 1_000) / Math.max(1, this.#present));
  }

  #kindOf(candidate: Candidate): ProposedKind {
    if (candidate === 'hashed') return this.#hint ?? 'email';
    // A number that names somebody is not added up.
    const isId = candidate === 'integer' || candidate === 'text';
    return isId && this.#hint === 'member_id' ? 'member_id' : candidate;
  }

  #fit(candidate: Candidate): void {
    this.#fits.set(candidate, (this.#fits.get(candidate) ?? 0) + 1);
  }

  #tryText(text: string): void {
    if (!isRejection(readText({ kind: 'text' }, text))) this.#fit('text');
    if (text.length > MAX_JUDGED_CHARS) return;
    if (readDigest(text) !== null) this.#fit('hashed');
    if (text.includes('@') && normaliseIdentifier('email', text) !== null) this.#fit('email');
    if (DEVICE_ID.test(text)) this.#fit('device_id');
    if (this.#hint === 'card_number' && normaliseIdentifier('card_number', text) !== null) this.#fit('card_number');
    if (this.#hint === 'phone' || text.startsWith('+')) this.#tryPhone(text);
    if (BOOLEAN_WORD.test(text)) this.#fit('boolean');
    if (!KEPT_ZERO.test(text)) {
      this.#tryAs({ kind: 'integer' }, text);
      this.#tryAs({ kind: 'decimal', scale: MAX_SCALE_DIGITS }, text);
    }
    this.#tryAs({ kind: 'date' }, text);
    this.#tryAs({ kind: 'timestamp' }, text);
  }

  // Numbers without a country are telephone numbers only to somebody who knows the country: their name must do.
  #tryPhone(text: string): void {
    this.#phonesMet += 1;
    if (this.#phonesTried >= MAX_PHONES_COUNT) return;
    this.#phonesTried += 1;
    const isNumber = text.startsWith('+') ? normaliseIdentifier('phone', text) !== null : LOCAL_PHONE.test(text);
    if (isNumber) this.#fit('phone');
  }

  #tryTyped(raw: Exclude<RawValue, string | null>): void {
    if (typeof raw === 'boolean') this.#fit('boolean');
    else if (typeof raw === 'bigint') {
      this.#fit('integer');
      this.#fit('decimal');
    } else {
      this.#tryAs({ kind: 'integer' }, raw);
      this.#tryAs({ kind: 'decimal', scale: MAX_SCALE_DIGITS }, raw);
      this.#tryAs({ kind: 'date' }, raw);
      this.#tryAs({ kind: 'timestamp' }, raw);
    }
  }

  #tryAs(type: ColumnType & { kind: Candidate }, raw: RawValue): void {
    const value = acceptValue({ name: '', type, nullable: true }, raw);
    if (value === null || isRejection(value)) return;
    this.#fit(type.kind);
    if (type.kind === 'decimal') this.#scale = Math.max(this.#scale, scaleOf(value as bigint));
  }
}

// Digits after the point that are not zero, of a number of as many as there may be.
function scaleOf(unscaled: bigint): number {
  const text = String(unscaled < 0n ? -unscaled : unscaled).padStart(MAX_SCALE_DIGITS + 1, '0');
  const [, fraction = ''] = FRACTION.exec(`${text.slice(0, -MAX_SCALE_DIGITS)}.${text.slice(-MAX_SCALE_DIGITS)}`) ?? [];
  return fraction.length;
}
