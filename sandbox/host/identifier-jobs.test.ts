import { createCipheriv, createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cellsOf, column, takeAll } from '../testkit/tables.ts';
import type { Wall } from '../wall.ts';
import type { NamedRows, ResolvedSpine, TokeniseJob } from '../wall-identity.ts';
import type { Cell } from '../wire/column-type.ts';
import { openWall } from './open-wall.ts';

const LIMITS = { deadlineMs: 15_000 };
const KEYS = { email: Buffer.alloc(32, 7), phone: Buffer.alloc(32, 8) };

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64');
const [ana, bo, anasPhone] = ['ana@example.com', 'bo@example.com', '+4930901820'].map(digestOf) as [
  string,
  string,
  string,
];

/** The node by its definition, one digest at a time. */
function nodeOf(kind: keyof typeof KEYS, digest: string): bigint {
  const cipher = createCipheriv('aes-256-ecb', KEYS[kind], null).setAutoPadding(false);
  return cipher.update(Buffer.from(digest, 'base64').subarray(0, 16)).readBigUInt64BE(0);
}

function vault(...chunks: Cell[][]) {
  return column('v', { kind: 'digest' }, ...chunks).chunks;
}

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ spareCount: 1, engine: 'cold' });
});
afterAll(() => wall.close());

async function nameRows(emails: Cell[][], phones: Cell[][]): Promise<Record<NamedRows['kind'], Uint8Array[]>> {
  const columns = [
    { key: KEYS.phone, rank: 1, chunks: vault(...phones) },
    { key: KEYS.email, rank: 0, chunks: vault(...emails) },
  ];
  const told = await takeAll(wall.pseudonymise({ columns }, LIMITS));
  const of = (kind: NamedRows['kind']) => told.flatMap((event) => (event.kind === kind ? [event.bytes] : []));
  return { nodes: of('nodes'), links: of('links'), singles: of('singles') };
}

describe('pseudonymise', () => {
  it('names each row by the node of its highest-ranking identifier', async () => {
    const { nodes } = await nameRows([[ana, null, null], [bo]], [[anasPhone, anasPhone, null], [null]]);
    const [one, two] = [nodeOf('email', ana), nodeOf('phone', anasPhone)];
    expect(nodes.map(cellsOf)).toEqual([[one, two, null], [nodeOf('email', bo)]]);
  });

  it('tells which identifiers stood together, once, and which stood alone', async () => {
    const { links, singles } = await nameRows([[ana, ana, null]], [[anasPhone, anasPhone, anasPhone]]);
    expect(links.map(cellsOf)).toEqual([[1n, nodeOf('email', ana), nodeOf('phone', anasPhone)]]);
    expect(singles.map(cellsOf)).toEqual([[0n, nodeOf('phone', anasPhone)]]);
  });

  it('tells nodes alone of rows with one identifier', async () => {
    const columns = [{ key: KEYS.email, rank: 0, chunks: vault([ana, ana], [bo]) }];
    const told = await takeAll(wall.pseudonymise({ columns }, LIMITS));
    expect(told.map(({ kind }) => kind)).toEqual(['nodes', 'nodes']);
  });
});

describe('the spine behind the wall', () => {
  const entriesOf = (told: ResolvedSpine[]) => told.flatMap((e) => (e.kind === 'entries' ? [cellsOf(e.bytes)] : []));
  const changeOf = (told: ResolvedSpine[]) => told.flatMap((e) => (e.kind === 'resolved' ? [e] : []))[0];

  async function resolveAna(earlier: Uint8Array[] = []) {
    const { links, singles } = await nameRows([[ana, null]], [[anasPhone, anasPhone]]);
    const ranks = [1, 0];
    const from = async function* (chunks: Uint8Array[]) {
      yield* chunks;
    };
    const inputs = [
      { kind: 'links' as const, member: 0, part: 3, ranks, chunks: () => from(links) },
      { kind: 'singles' as const, member: 0, part: 3, ranks, chunks: () => from(singles) },
      { kind: 'earlier' as const, member: 0, part: 0, ranks: [], chunks: () => from(earlier) },
    ];
    const job = { unit: 'person' as const, aloneKeys: [Buffer.alloc(32, 1)], inputs, isCounting: false };
    return await takeAll(wall.resolve(job, LIMITS));
  }

  it('joins what one member saw together, and says whose persons changed', async () => {
    const told = await resolveAna();
    expect(entriesOf(told)).toEqual([[nodeOf('phone', anasPhone), nodeOf('email', ana)]]);
    const change = changeOf(told);
    expect([3, 4].map((part) => change?.isChanged(part))).toEqual([true, false]);
    const ranks = [
      { rank: 0, identifiers: 1, attached: 0, shared: 0 },
      { rank: 1, identifiers: 1, attached: 1, shared: 0 },
    ];
    expect(change?.counts).toEqual([{ identifiers: 2, clusters: 1, attached: 1, shared: 0, crowded: 0, ranks }]);
  });

  it('says that nothing changed when it is told what it told before', async () => {
    const earlier = (await resolveAna()).flatMap((e) => (e.kind === 'entries' ? [e.bytes] : []));
    const change = changeOf(await resolveAna(earlier));
    expect([0, 3].map((part) => change?.isChanged(part))).toEqual([false, false]);
  });

  it('puts persons in the place of nodes, and leaves gaps', async () => {
    const [phone, email] = [nodeOf('phone', anasPhone), nodeOf('email', ana)];
    const entries = column('e', { kind: 'person' }, [phone, email]).chunks;
    const nodes = column('n', { kind: 'person' }, [phone, null, 5n], [email]).chunks;
    const persons = await takeAll(wall.assign({ entries, nodes }, LIMITS));
    expect(persons.map(cellsOf)).toEqual([[email, null, 5n], [email]]);
  });
});

describe('tokenise', () => {
  const key = Buffer.alloc(32, 8);
  const tokenOf = (digest: string) => createHmac('sha256', key).update(`email:${digest}`).digest('hex').slice(0, 32);
  const sortedHex = async (job: TokeniseJob) => {
    const hex = Buffer.concat(await takeAll(wall.tokenise(job, LIMITS))).toString('hex');
    return hex.match(/.{32}/g) ?? [];
  };

  it('yields the tokens of selected persons only, each once, sorted', async () => {
    const persons = column('p', { kind: 'person' }, [1n, 2n, null], [1n, 9n]);
    const job = {
      key,
      identifier: 'email' as const,
      persons: BigUint64Array.of(2n, 1n),
      personChunks: persons.chunks,
      vaultChunks: vault([ana, bo, anasPhone], [ana, null]),
    };
    expect(await sortedHex(job)).toEqual([tokenOf(ana), tokenOf(bo)].sort());
    expect(await sortedHex({ ...job, persons: BigUint64Array.of(2n) })).toEqual([tokenOf(bo)]);
    expect(await sortedHex({ ...job, persons: new BigUint64Array(0) })).toEqual([]);
  });

  it('yields in ranges what it yields at once, many tokens and few that come again and again', async () => {
    const many = Array.from({ length: 3_000 }, (_, n) => BigInt(n % 2_000) << 53n);
    const digests = many.map((_, n) =>
      createHash('sha256')
        .update(`${n % 2_300}`)
        .digest('base64'),
    );
    // A hundred rows of one person with one identifier: one token.
    const again = Array.from({ length: 100 }, () => digests[0] as string);
    const job = {
      key,
      identifier: 'email' as const,
      persons: BigUint64Array.from(many.slice(0, 1_200)),
      personChunks: column('p', { kind: 'person' }, many, new Array(100).fill(many[0])).chunks,
      vaultChunks: vault(digests, again),
    };
    const expected = [...new Set(digests.filter((_, n) => n % 2_000 < 1_200).map(tokenOf))].sort();
    expect(await sortedHex(job)).toEqual(expected);
    const middle = 600 << 21;
    const ranges = [
      { from: 0, to: middle },
      { from: middle, to: 2 ** 32 },
    ];
    const parts = await Promise.all(ranges.map((range) => sortedHex({ ...job, range })));
    expect(parts.every((part) => part.length > 500)).toBe(true);
    expect([...new Set(parts.flat())].sort()).toEqual(expected);
  });

  it('leaves out and brings in by chance, the same persons again under the same key alone', async () => {
    const names = Array.from({ length: 4_000 }, (_, n) => BigInt(n + 1));
    const digests = names.map((name) => createHash('sha256').update(`${name}`).digest('base64'));
    const blurred = (keyByte: number) => ({
      key,
      identifier: 'email' as const,
      persons: BigUint64Array.from(names.slice(0, 2_000)),
      personChunks: column('p', { kind: 'person' }, names).chunks,
      vaultChunks: vault(digests),
      blur: { key: Buffer.alloc(32, keyByte), dropProbability: 0.25, addProbability: 0.125 },
    });
    const members = new Set(digests.slice(0, 2_000).map(tokenOf));
    const first = await sortedHex(blurred(1));
    const kept = first.filter((token) => members.has(token)).length;
    // Six deviations around 1500 of 2000 and 250 of 2000.
    expect(Math.abs(kept - 1_500)).toBeLessThan(117);
    expect(Math.abs(first.length - kept - 250)).toBeLessThan(89);
    expect(await sortedHex(blurred(1))).toEqual(first);
    expect(await sortedHex(blurred(2))).not.toEqual(first);
  });
});
