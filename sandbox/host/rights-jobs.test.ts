import { createCipheriv, hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SoughtIdentifiers } from '../rights-jobs.ts';
import { cellsOf, column, takeAll, yieldAll } from '../testkit/tables.ts';
import type { Wall } from '../wall.ts';
import type { Cell } from '../wire/column-type.ts';
import type { FileLayout, IdentifierKind, IngestColumn } from '../wire/jobs.ts';
import { openWall } from './open-wall.ts';

const LIMITS = { deadlineMs: 30_000 };
const key = Buffer.alloc(32, 5);
const TODAY = 20_000;

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ spareCount: 1, engine: 'cold' });
});
afterAll(() => wall.close());

const digestOf = (text: string): string => hash('sha256', text, 'base64');
const digests = (...texts: (string | null)[]): Cell[] => texts.map((text) => (text === null ? null : digestOf(text)));
const sought = (kind: IdentifierKind, ...texts: string[]): SoughtIdentifiers => {
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  const halves = texts.map((text) => Buffer.from(digestOf(text), 'base64').subarray(0, 16));
  return { kind, blocks: cipher.update(Buffer.concat(halves)) };
};

describe('judging rows', () => {
  const judge = async (
    consents: { purpose?: Cell[]; region?: Cell[]; until?: Cell[]; email?: Cell[] },
    of: { purpose?: string; regions?: string[]; sought?: SoughtIdentifiers[] } = {},
  ) => {
    const { purpose, region, until, email } = consents;
    const columns = [
      ...(purpose ? [{ role: 'purpose' as const, chunks: column('p', { kind: 'text' }, purpose).chunks }] : []),
      ...(region ? [{ role: 'region' as const, chunks: column('r', { kind: 'text' }, region).chunks }] : []),
      ...(until ? [{ role: 'until' as const, chunks: column('u', { kind: 'date' }, until).chunks }] : []),
      ...(email
        ? [
            {
              role: 'identifier' as const,
              kind: 'email' as const,
              chunks: column('e', { kind: 'digest' }, email).chunks,
            },
          ]
        : []),
    ];
    const job = {
      columns,
      purpose: of.purpose ?? '',
      regions: of.regions ?? [],
      day: TODAY,
      key,
      sought: of.sought ?? [],
    };
    const events = await takeAll(wall.judgeRows(job, LIMITS));
    const rowCount = (purpose ?? region ?? until ?? email ?? []).length;
    const bits = events.flatMap((e) =>
      e.kind === 'chunk' ? cellsOf(e.bytes).map((w) => BigInt.asUintN(64, w as bigint)) : [],
    );
    const counts = Array.from({ length: rowCount }, (_, row) => ((bits[row >> 6] ?? 0n) >> BigInt(row & 63)) & 1n).join(
      '',
    );
    const last = events.at(-1);
    return { counts, changesOn: last?.kind === 'done' ? last.changesOn : undefined };
  };

  it('counts rows whose purposes include the one that is stated, or all', async () => {
    const purpose = [
      'measurement',
      '*',
      'ads|measurement',
      ' ads | Measurement ',
      'ads',
      '',
      null,
      'measurement|',
      'measure ment|*',
    ];
    expect((await judge({ purpose }, { purpose: 'measurement' })).counts).toBe('111100000');
  });

  it('counts consent to everything alone where no purpose is stated', async () => {
    expect((await judge({ purpose: ['measurement', '*', null] })).counts).toBe('010');
  });

  it('counts rows of the regions that are named, and of any well-formed one where none is', async () => {
    const region = ['CN', 'de', 'DE', 'Germany', '', null, 'D1'];
    expect((await judge({ region }, { regions: ['DE'] })).counts).toBe('0110000');
    expect((await judge({ region })).counts).toBe('1110000');
  });

  it('counts a row up to its last day, and tells the first day on which another one ceases', async () => {
    const until = [BigInt(TODAY) - 1n, BigInt(TODAY), BigInt(TODAY) + 9n, null];
    expect(await judge({ until })).toEqual({ counts: '0111', changesOn: TODAY + 1 });
    expect(await judge({ until: [null, BigInt(TODAY) + 9n] })).toEqual({ counts: '11', changesOn: TODAY + 10 });
    expect((await judge({ until: [null] })).changesOn).toBeNull();
  });

  it('does not count a row with somebody who is sought, however much it consents', async () => {
    const email = digests('ana', null, 'bo', 'ana');
    const purpose = ['*', '*', '*', '*'];
    expect((await judge({ email, purpose }, { sought: [sought('email', 'ana', 'nobody')] })).counts).toBe('0110');
    expect((await judge({ email }, { sought: [sought('phone', 'ana')] })).counts).toBe('1111');
  });

  it('gives words whose last bits are empty, chunk by chunk', async () => {
    const email = digests(...Array.from({ length: 130 }, (_, row) => `p${row}`));
    const columns = [
      {
        role: 'identifier' as const,
        kind: 'email' as const,
        chunks: column('e', { kind: 'digest' }, email, email.slice(0, 3)).chunks,
      },
    ];
    const job = { columns, purpose: '', regions: [], day: TODAY, key, sought: [sought('email', 'p1')] };
    const events = await takeAll(wall.judgeRows(job, LIMITS));
    const words = events.map((e) => (e.kind === 'chunk' ? cellsOf(e.bytes) : []));
    expect(words).toEqual([[-3n, -1n, 3n], [5n], []]);
  });
});

describe('linking identifiers', () => {
  const kinds: IdentifierKind[] = ['member_id', 'email', 'phone'];
  const partOf = (columns: Partial<Record<'member_id' | 'email' | 'phone', (string | null)[]>>) =>
    Object.entries(columns).map(([kind, texts]) => ({
      kind: kind as IdentifierKind,
      chunks: column(kind, { kind: 'digest' }, digests(...texts)).chunks,
    }));
  const link = async (parts: ReturnType<typeof partOf>[], ...of: SoughtIdentifiers[]) => {
    const found = await takeAll(wall.linkIdentifiers({ kinds, parts, key, sought: of }, LIMITS));
    return found.map(({ kind, digests: bytes }) => ({
      kind,
      digests: Array.from({ length: bytes.length / 32 }, (_, i) =>
        Buffer.from(bytes.subarray(i * 32, i * 32 + 32)).toString('base64'),
      ),
    }));
  };

  it('finds the telephone of an e-mail, over all parts', async () => {
    const parts = [
      partOf({ email: ['ana', 'bo'], phone: ['1', '2'] }),
      partOf({ email: ['ana', null], phone: ['3', '9'] }),
    ];
    expect(await link(parts, sought('email', 'ana'))).toEqual([
      { kind: 'phone', digests: [digestOf('1'), digestOf('3')] },
    ]);
  });

  it('leaves a telephone alone that several e-mails have, wherever the other one stands', async () => {
    const parts = [partOf({ email: ['ana'], phone: ['1'] }), partOf({ phone: ['1'], email: ['bo'] })];
    expect(await link(parts, sought('email', 'ana'))).toEqual([]);
  });

  it('finds the e-mail of a telephone that is one person’s, and of a shared one none', async () => {
    const own = [partOf({ email: ['ana', 'ana'], phone: ['1', '2'] })];
    expect(await link(own, sought('phone', '1'))).toEqual([{ kind: 'email', digests: [digestOf('ana')] }]);
    const shared = [partOf({ email: ['ana', 'bo'], phone: ['1', '1'] })];
    expect(await link(shared, sought('phone', '1'))).toEqual([]);
  });

  it('finds all e-mails of a member id', async () => {
    const parts = [partOf({ member_id: ['m', 'm', 'n'], email: ['old', 'new', 'other'] })];
    expect(await link(parts, sought('member_id', 'm'))).toEqual([
      { kind: 'email', digests: [digestOf('old'), digestOf('new')] },
    ]);
  });

  it('finds nothing for nobody', async () => {
    expect(await link([partOf({ email: ['ana'], phone: ['1'] })], sought('email', 'zoe'))).toEqual([]);
  });
});

describe('redacting an original', () => {
  const columns: IngestColumn[] = [
    { name: 'email', type: { kind: 'digest' }, identifier: 'email', nullable: false },
    { name: 'spend', type: { kind: 'decimal', scale: 2 }, nullable: true },
  ];
  const redact = async (bytes: Buffer, layout: FileLayout, ...who: string[]) => {
    const file = { byteCount: bytes.length, read: (from: number) => yieldAll<Uint8Array>(bytes.subarray(from)) };
    const job = { layout, columns, key, sought: [sought('email', ...who)] };
    const events = await takeAll(wall.redact(job, file, LIMITS));
    const last = events.at(-1);
    return {
      text: Buffer.concat(events.map((e) => (e.kind === 'bytes' ? e.bytes : new Uint8Array(0)))).toString(),
      done: last?.kind === 'done' ? { rows: last.rows, refused: last.refused } : null,
    };
  };
  const csv =
    'spend;note;email\r\n1.50;"said ""no""; twice\nover";ana@example.com\r\n\r\n2;;BO@example.com \n3;x;cy@example.com';

  it('copies the other rows of CSV byte for byte, header, quotes, line breaks and columns of nobody included', async () => {
    const { text, done } = await redact(Buffer.from(csv), { format: 'csv' }, 'bo@example.com');
    expect(text).toBe(csv.replace('2;;BO@example.com \n', ''));
    expect(done).toEqual({ rows: 2, refused: 0 });
  });

  it('takes a row of several lines as one', async () => {
    const { text } = await redact(Buffer.from(csv), { format: 'csv' }, 'ana@example.com');
    expect(text).toBe('spend;note;email\r\n\r\n2;;BO@example.com \n3;x;cy@example.com');
  });

  it('leaves out rows that had been refused, as nobody knows whom they name', async () => {
    const broken = 'email,spend\nana@example.com,1\nnot an address,2\nbo@example.com,lots\ncy@example.com,3\n1,2,3\n';
    const { text, done } = await redact(Buffer.from(broken), { format: 'csv' }, 'zoe@example.com');
    expect(text).toBe('email,spend\nana@example.com,1\ncy@example.com,3\n');
    expect(done).toEqual({ rows: 2, refused: 3 });
  });

  it('reads what is packed, and gives it back unpacked', async () => {
    const { text } = await redact(gzipSync(csv), { format: 'csv' }, 'cy@example.com');
    expect(text).toBe(csv.replace('3;x;cy@example.com', ''));
  });

  it('copies lines of JSON byte for byte', async () => {
    const lines =
      '{"email": "ana@example.com", "spend": 1.50, "more": [1,\t2]}\n\n{"spend":null,"email":"bo@example.com"}\n';
    const { text } = await redact(Buffer.from(lines), { format: 'ndjson' }, 'bo@example.com');
    expect(text).toBe('{"email": "ana@example.com", "spend": 1.50, "more": [1,\t2]}\n\n');
  });

  it('copies many rows without losing one', async () => {
    const rows = Array.from({ length: 60_000 }, (_, n) => `p${n}@example.com,${n}.25`);
    const gone = new Set([0, 1, 30_000, 59_999].map((n) => rows[n]));
    const { text, done } = await redact(
      Buffer.from(`email,spend\n${rows.join('\n')}\n`),
      { format: 'csv' },
      ...[...gone].map((row) => (row ?? '').split(',')[0] ?? ''),
    );
    expect(text).toBe(`email,spend\n${rows.filter((row) => !gone.has(row)).join('\n')}\n`);
    expect(done).toEqual({ rows: 59_996, refused: 0 });
  });
});
