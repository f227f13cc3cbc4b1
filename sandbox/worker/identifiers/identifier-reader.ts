import { digestIdentifier, digestOf, readDigest } from '../../../identity/index.ts';
import type { IngestColumn } from '../../wire/jobs.ts';
import type { RejectReason } from '../../wire/reasons.ts';
import type { RawValue } from '../ingest/raw-value.ts';
import { type AsciiForm, asciiCardNumber, asciiEmail, asciiMemberId, isWhite, UNDECIDED } from './ascii-forms.ts';
import { DigestMemory } from './digest-memory.ts';
import { MAX_SHORT_BYTES, ShortDigest } from './short-digest.ts';

/** Longest value that is looked at, in the bytes or characters of the file: several times the longest identifier. */
const MAX_VALUE_LENGTH_BYTES = 4_096;

/** The longest form of any kind. */
const MAX_FORM_BYTES = 512;

/** Bytes of UTF-8 that a code unit of a text may become. */
const MAX_UTF8_GROWTH_RATIO = 3;

const REPLACEMENT_CHARACTER = '\uFFFD';
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Turns the values of one identifier column into digests: 32 bytes, null for a missing value, or why the value is not
 * usable. Whatever comes back says nothing of a value but this.
 *
 * A digest is a view into memory of the reader's own: it is right until the next value is accepted.
 */
export class IdentifierReader {
  readonly #column: IngestColumn;
  readonly #isHashed: boolean;
  readonly #asciiForm: AsciiForm | null;
  readonly #form = Buffer.alloc(MAX_FORM_BYTES);
  /** A text as it would stand in a file. */
  readonly #text = Buffer.alloc(MAX_VALUE_LENGTH_BYTES * MAX_UTF8_GROWTH_RATIO);
  readonly #memory = new DigestMemory();
  readonly #short = new ShortDigest();

  /** @throws {TypeError} when the column is none of identifiers */
  constructor(column: IngestColumn) {
    if (column.identifier === undefined) throw new TypeError(`\`${column.name}\` is no column of identifiers`);
    this.#column = column;
    this.#isHashed = column.form === 'hashed';
    this.#asciiForm = this.#isHashed ? null : asciiFormOf(column.identifier);
  }

  /** Accepts the UTF-8 between two places, white space around it included. */
  accept(bytes: Uint8Array, start: number, end: number): Uint8Array | null | RejectReason {
    let from = start;
    let to = end;
    while (from < to && isWhite(bytes[from] as number)) from += 1;
    while (to > from && isWhite(bytes[to - 1] as number)) to -= 1;
    if (from === to) return null;
    const slot = this.#memory.slotOf(bytes, from, to);
    const known = slot < 0 ? null : this.#memory.digestAt(slot, bytes, from, to);
    if (known !== null) return known;
    const digest = this.#digestOf(bytes, from, to);
    if (slot >= 0 && typeof digest === 'object' && digest !== null)
      this.#memory.remember(slot, bytes, from, to, digest);
    return digest;
  }

  /** Accepts a text. */
  acceptText(text: string): Uint8Array | null | RejectReason {
    if (text.length > MAX_VALUE_LENGTH_BYTES) return this.#unusable;
    return this.accept(this.#text, 0, this.#text.write(text));
  }

  #byRules(text: string): Uint8Array | null | RejectReason {
    // What a decoder puts in place of bytes that are no text.
    if (text.includes(REPLACEMENT_CHARACTER)) return 'encoding';
    if (text.trim() === '') return null;
    const { identifier, defaultRegion } = this.#column;
    const digest = this.#isHashed
      ? readDigest(text)
      : digestIdentifier(identifier as NonNullable<typeof identifier>, text, defaultRegion);
    return digest ?? this.#unusable;
  }

  /** Accepts a value of a format with types: text, or a whole number, as tables keep member ids and telephone numbers. */
  acceptRaw(raw: RawValue): Uint8Array | null | RejectReason {
    if (raw === null) return null;
    if (typeof raw === 'string') return this.acceptText(raw);
    if (typeof raw === 'bigint') return this.acceptText(String(raw));
    if (typeof raw === 'object' && 'float' in raw) return this.#acceptFloat(raw.float);
    return typeof raw === 'object' && 'unreadable' in raw && raw.unreadable === 'encoding'
      ? 'encoding'
      : this.#unusable;
  }

  // Programs that know no missing whole numbers keep a column with gaps in floating point.
  #acceptFloat(value: number): Uint8Array | null | RejectReason {
    if (Number.isNaN(value)) return null;
    return Number.isSafeInteger(value) ? this.acceptText(String(value)) : this.#unusable;
  }

  #digestOf(bytes: Uint8Array, from: number, to: number): Uint8Array | null | RejectReason {
    if (to - from > MAX_VALUE_LENGTH_BYTES) return this.#unusable;
    if (this.#asciiForm !== null) {
      const length = this.#asciiForm(bytes, from, to, this.#form);
      if (length > MAX_SHORT_BYTES) return digestOf(this.#form.subarray(0, length));
      if (length >= 0) return this.#short.of(this.#form, length);
      if (length !== UNDECIDED) return this.#unusable;
    }
    try {
      return this.#byRules(decoder.decode(bytes.subarray(from, to)));
    } catch {
      return 'encoding';
    }
  }

  get #unusable(): RejectReason {
    return this.#isHashed ? 'not-a-digest' : 'not-an-identifier';
  }
}

function asciiFormOf(kind: NonNullable<IngestColumn['identifier']>): AsciiForm | null {
  switch (kind) {
    case 'email':
      return asciiEmail;
    case 'card_number':
      return asciiCardNumber;
    case 'phone':
    case 'device_id':
      return null;
    default:
      return asciiMemberId;
  }
}
