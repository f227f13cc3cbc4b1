import { FrameError } from './frames.ts';
import {
  type FileDescription,
  type FoundColumn,
  MAX_INSPECTED_COLUMNS_COUNT,
  MAX_INSPECTED_ROWS,
  MAX_SOURCE_NAME_CHARS,
  PACKINGS,
  PROPOSED_KINDS,
} from './inspection.ts';
import type { FileLayout } from './jobs.ts';
import { count, list, oneOf, record, text } from './message-parts.ts';

const FORMATS = ['csv', 'ndjson', 'arrow', 'parquet'] as const;
const FORMS = ['raw', 'hashed'] as const;
const WHOLE_PERMILLE = 1_000;
const MAX_SCALE_DIGITS = 9;
const MAX_WORDS_COUNT = 64;
const MAX_WORD_CHARS = 64;
const ENCODING = /^[a-z0-9_:.-]{1,40}$/i;
const COLUMN_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** What a terminal obeys, what turns the direction of writing, and what cannot be seen. */
const UNSHOWN = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Whether a name of a column can be shown to people as it is. */
export function isShown(name: string): boolean {
  return name !== '' && name.length <= MAX_SOURCE_NAME_CHARS && !UNSHOWN.test(name);
}

/**
 * Reads what a worker says of a file, field by field: what it may say is as closed as a file's own names allow.
 *
 * @throws {FrameError} for anything else
 */
export function readDescription(value: unknown): FileDescription {
  const fields = record(value);
  const columns = list(fields.columns, foundColumn);
  if (columns.length > MAX_INSPECTED_COLUMNS_COUNT) throw new FrameError('a description has too many columns');
  const names = new Set(columns.map(({ name }) => name));
  const sources = new Set(columns.map(({ source }) => source));
  if (names.size < columns.length || sources.size < columns.length) {
    throw new FrameError('a description names a column twice');
  }
  return {
    layout: fileLayout(fields.layout),
    packing: oneOf(PACKINGS, fields.packing),
    isEncodingGuessed: truth(fields.isEncodingGuessed),
    columns,
    furtherColumnCount: count(fields.furtherColumnCount),
    rowCount: atMost(MAX_INSPECTED_ROWS, fields.rowCount),
  };
}

function foundColumn(value: unknown): FoundColumn {
  const fields = record(value);
  const source = text(fields.source);
  const name = text(fields.name);
  if (!isShown(source) || !COLUMN_NAME.test(name)) throw new FrameError('a description has an impossible name');
  return {
    source,
    name,
    kind: oneOf(PROPOSED_KINDS, fields.kind),
    scale: atMost(MAX_SCALE_DIGITS, fields.scale),
    form: oneOf(FORMS, fields.form),
    nullable: truth(fields.nullable),
    fitPermille: atMost(WHOLE_PERMILLE, fields.fitPermille),
  };
}

function fileLayout(value: unknown): FileLayout {
  const fields = record(value);
  const layout: FileLayout = { format: oneOf(FORMATS, fields.format) };
  if (fields.encoding !== undefined) {
    layout.encoding = text(fields.encoding);
    if (!ENCODING.test(layout.encoding)) throw new FrameError('a description has an impossible encoding');
  }
  if (fields.delimiter !== undefined) layout.delimiter = character(fields.delimiter);
  if (fields.quote !== undefined) layout.quote = fields.quote === '' ? '' : character(fields.quote);
  if (fields.escape !== undefined) layout.escape = character(fields.escape);
  if (fields.nullWords !== undefined) {
    layout.nullWords = list(fields.nullWords, word);
    if (layout.nullWords.length > MAX_WORDS_COUNT) throw new FrameError('a description has too many words');
  }
  return layout;
}

function character(value: unknown): string {
  const one = text(value);
  if (one.length !== 1 || one.charCodeAt(0) > 0x7f) throw new FrameError('a description has more than a character');
  return one;
}

function word(value: unknown): string {
  const one = text(value);
  if (one.length > MAX_WORD_CHARS || UNSHOWN.test(one)) throw new FrameError('a description has an impossible word');
  return one;
}

function truth(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new FrameError('a message part is neither true nor false');
  return value;
}

function atMost(most: number, value: unknown): number {
  const number = count(value);
  if (number > most) throw new FrameError('a message part is above its limit');
  return number;
}
