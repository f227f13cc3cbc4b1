// Readers of text against bytes that nobody thought of: what is thrown is a refusal by a word. Anything else would be told
// as one too, by the job around them, and would be a fault of ours.
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { FileLayout, IngestColumn } from '../../wire/jobs.ts';
import { readDescription } from '../../wire/read-description.ts';
import { describeFile } from './inspect/describe-file.ts';
import { readUpload } from './read-upload.ts';
import { RefusedInput } from './refused-input.ts';
import { memoryFile } from './testkit/take-upload.ts';
import { UploadWriter } from './upload-writer.ts';

const COLUMNS: IngestColumn[] = [
  { name: 'a', type: { kind: 'text' }, nullable: true },
  { name: 'b', type: { kind: 'decimal', scale: 2 }, nullable: true },
  { name: 'c', type: { kind: 'timestamp' }, nullable: true },
  { name: 'd', type: { kind: 'digest' }, nullable: true, identifier: 'email' },
];
const HEADS = [
  '',
  'a,b,c,d\n',
  'a;b;c;d\r\n"x";1.5;2024-02-29T12:00:00Z;"p@b.example"\r\n',
  '{"a":"x","b":1.5,"d":"p@b.example"}\n',
];
const PIECES = [
  ',',
  ';',
  '"',
  "'",
  '\n',
  '\r',
  '\\',
  '{',
  '}',
  '[',
  ':',
  '"a"',
  '1',
  '-',
  'e9',
  'null',
  '\0',
  '\uFEFF',
  'é',
  '\uFFFD',
  '2024-02-29',
  'p@b.example',
  'PAR1',
  'PK\x05\x06',
  'x'.repeat(300),
];

const piece = fc.oneof(
  fc.constantFrom(...PIECES).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
);
const text = fc
  .tuple(fc.constantFrom(...HEADS), fc.array(piece, { maxLength: 30 }))
  .map(([head, parts]) => Buffer.concat([Buffer.from(head), ...parts]));
const anyFile = fc.oneof(
  text,
  text.map((bytes) => Buffer.from(`\uFEFF${bytes.toString('latin1')}`, 'utf16le')),
  fc.tuple(text, fc.boolean(), fc.nat(40), fc.nat(255)).map(([bytes, isGzip, at, byte]) => {
    const packed = Buffer.from(isGzip ? gzipSync(bytes) : zstdCompressSync(bytes));
    if (at < packed.length) packed[at] = byte;
    return packed;
  }),
);
const anyLayout: fc.Arbitrary<Partial<FileLayout>> = fc.record(
  {
    encoding: fc.constantFrom('gb18030', 'utf-16be', 'shift_jis', 'utf-8', 'windows-1252'),
    delimiter: fc.constantFrom(',', ';', 'a', '"'),
    quote: fc.constantFrom('', '"', "'"),
    escape: fc.constant('\\'),
    nullWords: fc.constant(['null', '']),
  },
  { requiredKeys: [] },
);

async function expectRefusalOnly(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof RefusedInput)) throw error;
    expect(error.reason).toMatch(/^[a-z-]+$/);
  }
}

describe('any bytes', () => {
  it.each(['csv', 'ndjson'] as const)('read as %s are rows, or are refused by a word', (format) =>
    fc.assert(
      fc.asyncProperty(anyFile, anyLayout, fc.integer({ min: 1, max: 50 }), (file, layout, partBytes) =>
        expectRefusalOnly(async () => {
          const options = { columns: COLUMNS, maxRejects: 50, sortKey: Buffer.alloc(32), say: () => undefined };
          const writer = new UploadWriter(options);
          const job = { layout: { ...layout, format }, columns: COLUMNS };
          await readUpload(job, memoryFile(file, partBytes), writer);
          writer.finish();
        }),
      ),
      { numRuns: 300 },
    ),
  );

  it('looked at are described in the closed form, or are refused by a word', () =>
    fc.assert(
      fc.asyncProperty(anyFile, anyLayout, (file, layout) =>
        expectRefusalOnly(async () => {
          const description = await describeFile(memoryFile(file), layout);
          expect(readDescription(JSON.parse(JSON.stringify(description)))).toEqual(description);
        }),
      ),
      { numRuns: 300 },
    ));
});
