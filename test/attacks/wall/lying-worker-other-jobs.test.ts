// A worker that has been taken over lies to those who did not ask for groups: to the sender of an upload, to who composes,
// pseudonymises, resolves or delivers. It answers with what nobody asked for, and wants what there is not.
//
// The wall: the output gate of each job, and the host's own count of what a file has.
import { describe, expect, it } from 'vitest';

import type { IngestJob, Wall } from '../../../sandbox/index.ts';
import { chunkOfCells, encodeColumnChunk, fileOf, jobOf, takeAll, yieldAll } from '../../../sandbox/testkit/index.ts';
import { done, fateOf, READY, raw, said } from '../../support/wall/liars.ts';
import { report } from '../../support/wall/report.ts';

const LIMITS = { deadlineMs: 20_000 };
const MIB = 1_048_576;

const composed = (...columns: { name: string; kind: string }[]) =>
  Buffer.concat([said(READY), raw('columns', { columns }), said(done(0))]);

const upload: IngestJob = { layout: { format: 'csv' }, columns: [], maxRejects: 9, sortKey: Buffer.alloc(32) };

const persons = (column: number, values: bigint[]) => ({
  kind: 'chunk' as const,
  column,
  bytes: encodeColumnChunk(chunkOfCells({ kind: 'person' }, values)),
});

const resolved = (memberCount: number) => ({
  kind: 'resolved' as const,
  changedGroups: 0,
  counts: Array.from({ length: memberCount }, () => ({
    identifiers: 0,
    clusters: 0,
    attached: 0,
    shared: 0,
    crowded: 0,
    ranks: [],
  })),
});

const emptyPart = (columnCount: number) => ({
  columns: Array.from({ length: columnCount }, (_, rank) => ({
    key: new Uint8Array(32),
    rank,
    chunks: () => yieldAll<Uint8Array>(),
  })),
});

const emptySpine = { unit: 'person' as const, aloneKeys: [new Uint8Array(32)], inputs: [], isCounting: false };

const otherLies: readonly (readonly [string, Uint8Array, (wall: Wall) => Promise<unknown>])[] = [
  [
    'names a column with a megabyte',
    composed({ name: 'x'.repeat(MIB), kind: 'integer' }),
    (wall) => wall.compose({ tables: [], sql: 'select 1', maxRows: 1 }, LIMITS),
  ],
  [
    'composes persons',
    composed({ name: 'p', kind: 'person' }),
    (wall) => wall.compose({ tables: [], sql: 'select 1', maxRows: 1 }, LIMITS),
  ],
  [
    'composes a thousand columns too many',
    composed(...Array.from({ length: 3_000 }, (_, at) => ({ name: `c${at}`, kind: 'integer' }))),
    (wall) => wall.compose({ tables: [], sql: 'select 1', maxRows: 1 }, LIMITS),
  ],
  [
    'gives its columns twice',
    Buffer.concat([composed({ name: 'a', kind: 'integer' }).subarray(0, -1), composed({ name: 'a', kind: 'text' })]),
    (wall) => wall.compose({ tables: [], sql: 'select 1', maxRows: 1 }, LIMITS),
  ],
  [
    'gives a token for a person who was not selected',
    said(READY, { kind: 'tokens', bytes: Buffer.alloc(16, 1) }, done(1)),
    (wall) =>
      takeAll(
        wall.tokenise(
          {
            key: new Uint8Array(32),
            identifier: 'email',
            persons: new BigUint64Array(0),
            personChunks: () => yieldAll(),
            vaultChunks: () => yieldAll(),
          },
          LIMITS,
        ),
      ),
  ],
  [
    'gives an address in place of a token',
    said(READY, { kind: 'tokens', bytes: Buffer.from('ana@example.com') }, done(1)),
    (wall) =>
      takeAll(
        wall.tokenise(
          {
            key: new Uint8Array(32),
            identifier: 'email',
            persons: new BigUint64Array(1),
            personChunks: () => yieldAll(),
            vaultChunks: () => yieldAll(),
          },
          LIMITS,
        ),
      ),
  ],
  [
    'gives a person for a row that there was not',
    said(
      READY,
      { kind: 'chunk', column: 0, bytes: encodeColumnChunk(chunkOfCells({ kind: 'person' }, [7n])) },
      done(1),
    ),
    (wall) => takeAll(wall.pseudonymise(emptyPart(1), LIMITS)),
  ],
  [
    'links more identifiers than there were',
    said(READY, persons(1, [1n, 7n, 8n]), done(0)),
    (wall) => takeAll(wall.pseudonymise(emptyPart(2), LIMITS)),
  ],
  [
    'links an identifier of a column that there is not',
    said(READY, persons(2, [9n, 7n]), done(0)),
    (wall) => takeAll(wall.pseudonymise(emptyPart(2), LIMITS)),
  ],
  [
    'names somebody whom nobody brought',
    said(READY, persons(0, [7n, 8n]), resolved(1), done(1)),
    (wall) => takeAll(wall.resolve(emptySpine, LIMITS)),
  ],
  [
    'names somebody of a member that there is not',
    said(READY, persons(4, [7n, 8n]), resolved(1), done(1)),
    (wall) => takeAll(wall.resolve(emptySpine, LIMITS)),
  ],
  [
    'names half of somebody',
    said(READY, persons(0, [7n]), resolved(1), done(1)),
    (wall) => takeAll(wall.resolve(emptySpine, LIMITS)),
  ],
  [
    'counts for members that there are not',
    said(READY, resolved(3), done(0)),
    (wall) => takeAll(wall.resolve(emptySpine, LIMITS)),
  ],
  [
    'counts in words',
    Buffer.concat([said(READY), raw('resolved', { changedGroups: 0, counts: [{ clusters: 'ana@example.com' }] })]),
    (wall) => takeAll(wall.resolve(emptySpine, LIMITS)),
  ],
  ['resolves nothing', said(READY, done(0)), (wall) => takeAll(wall.resolve(emptySpine, LIMITS))],
  [
    'assigns a person to a row that there was not',
    said(READY, persons(0, [7n]), done(1)),
    (wall) => takeAll(wall.assign({ entries: () => yieldAll(), nodes: () => yieldAll() }, LIMITS)),
  ],
  [
    'selects nobody by no name',
    said(
      READY,
      { kind: 'chunk', column: 0, bytes: encodeColumnChunk(chunkOfCells({ kind: 'person' }, [null])) },
      done(1),
    ),
    (wall) => wall.selectPersons(jobOf('select 1', ['person']), LIMITS),
  ],
  [
    'rejects a row by what is in it',
    Buffer.concat([
      said(READY),
      raw('rejects', { rejects: [{ line: 1, column: 'ana@example.com', reason: 'missing' }] }),
    ]),
    (wall) =>
      takeAll(
        wall.ingest(
          { ...upload, columns: [{ name: 'a', type: { kind: 'text' }, nullable: true }] },
          fileOf(''),
          LIMITS,
        ),
      ),
  ],
  ...(
    [
      ['wants what is after the end of the file', { from: 0, to: 11 }],
      ['wants nothing of the file', { from: 3, to: 3 }],
      ['wants a file backwards', { from: 3, to: 2 }],
      ['wants what is before the file', { from: -1, to: 2 }],
      ['wants half a byte', { from: 0, to: 0.5 }],
      ['wants a word of the file', { from: 0, to: 'end' }],
    ] as const
  ).map(([lie, range]): (typeof otherLies)[number] => [
    lie,
    Buffer.concat([said(READY), raw('want', range)]),
    (wall) => takeAll(wall.ingest(upload, fileOf('0123456789'), LIMITS)),
  ]),
  [
    'refuses a text in the words of its engine',
    Buffer.concat([said(READY), raw('unparsed', { reason: 'syntax error at or near "x"', position: 0 })]),
    (wall) => wall.parse('select 1', LIMITS),
  ],
];

describe('a worker of another job that lies', () => {
  it.each(otherLies)('is not believed when it %s', async (name, answer, ask) => {
    const fate = await fateOf(answer, 'ends', ask);
    report({ category: 'lying worker', attack: name, isEscape: fate !== 'RUN_FAILED', stoppedBy: 'output gate alone' });
    expect(fate).toBe('RUN_FAILED');
  });
});
