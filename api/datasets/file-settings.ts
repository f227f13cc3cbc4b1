// What an owner says of its files once for all uploads: how they are written, and how many rows may be refused.
import { datasets } from '../../proto/index.ts';
import type { FileLayout, IngestFormat } from '../../sandbox/index.ts';
import { ServiceError } from '../grpc/index.ts';

/** Longest name of an encoding, and longest word for a missing value. */
const MAX_WORD_CHARS = 64;
/** Most words for a missing value. */
const MAX_NULL_WORDS_COUNT = 32;

const FORMATS: Readonly<Record<IngestFormat, datasets.FileFormat>> = {
  csv: datasets.FileFormat.CSV,
  ndjson: datasets.FileFormat.NDJSON,
  arrow: datasets.FileFormat.ARROW,
  parquet: datasets.FileFormat.PARQUET,
};

/**
 * Reads how files are written, as JSON of the message.
 *
 * @throws {ServiceError} INVALID_REQUEST naming the field
 */
export function readLayout(layout: datasets.FileLayout | undefined): unknown {
  if (layout === undefined) return {};
  expectEncoding(layout.encoding);
  if (layout.delimiter !== '' && Buffer.byteLength(layout.delimiter) !== 1) {
    throw new ServiceError('INVALID_REQUEST', '`layout.delimiter` must be one character of ASCII');
  }
  if (layout.quote !== '' && layout.quote !== 'none' && Buffer.byteLength(layout.quote) !== 1) {
    throw new ServiceError('INVALID_REQUEST', '`layout.quote` must be one character of ASCII, or `none`');
  }
  expectApart(layout);
  const words = layout.nullWords;
  if (words.length > MAX_NULL_WORDS_COUNT || words.some((word) => word.length > MAX_WORD_CHARS)) {
    const limits = `${MAX_NULL_WORDS_COUNT} words of at most ${MAX_WORD_CHARS} characters`;
    throw new ServiceError('INVALID_REQUEST', `\`layout.null_words\` has at most ${limits}`);
  }
  return datasets.FileLayout.toJSON(layout);
}

// Each of them would make a file that nobody can write, and which two readers read in two ways.
function expectApart({ delimiter, quote }: datasets.FileLayout): void {
  const isLineEnd = (character: string) => character === '\n' || character === '\r' || character === '\0';
  if (isLineEnd(delimiter) || isLineEnd(quote)) {
    throw new ServiceError('INVALID_REQUEST', '`layout.delimiter` and `layout.quote` cannot end a line');
  }
  if (delimiter !== '' && delimiter === (quote === '' ? '"' : quote)) {
    throw new ServiceError('INVALID_REQUEST', '`layout.delimiter` and `layout.quote` must be two characters');
  }
}

function expectEncoding(encoding: string): void {
  if (encoding === '') return;
  try {
    new TextDecoder(encoding);
  } catch {
    const names = 'use its name on the web, for example `gb18030` or `windows-1252`';
    throw new ServiceError('INVALID_REQUEST', `\`layout.encoding\` is not known; ${names}`);
  }
}

/** How a file is written, for the wall; `undefined` when its format is not known. */
export function wallLayoutOf(layout: datasets.FileLayout): FileLayout | undefined {
  const format = (Object.keys(FORMATS) as IngestFormat[]).find((key) => FORMATS[key] === layout.format);
  if (format === undefined) return undefined;
  return {
    format,
    ...(layout.encoding === '' ? {} : { encoding: layout.encoding }),
    ...(layout.delimiter === '' ? {} : { delimiter: layout.delimiter }),
    ...(layout.quote === '' ? {} : { quote: layout.quote === 'none' ? '' : layout.quote }),
    ...(layout.nullWords.length === 0 ? {} : { nullWords: layout.nullWords }),
  };
}

/** How a file was found to be written, as its owner reads it. */
export function layoutMessage({ format, encoding, delimiter, quote, nullWords }: FileLayout): datasets.FileLayout {
  return {
    format: FORMATS[format],
    encoding: encoding ?? '',
    delimiter: delimiter ?? '',
    quote: quote === '' ? 'none' : (quote ?? ''),
    nullWords: nullWords ?? [],
  };
}

/** Reads how many rows may be refused, as JSON of the message. @throws {ServiceError} INVALID_REQUEST */
export function readTolerance(tolerance: datasets.RejectTolerance | undefined): unknown {
  if (tolerance === undefined) return {};
  if (!(tolerance.share >= 0 && tolerance.share <= 1)) {
    throw new ServiceError('INVALID_REQUEST', '`tolerance.share` must be a number from 0 to 1');
  }
  return datasets.RejectTolerance.toJSON(tolerance);
}
