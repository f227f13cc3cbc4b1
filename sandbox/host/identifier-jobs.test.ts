import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cellsOf, column, takeAll } from '../testkit/tables.ts';
import type { Wall } from '../wall.ts';
import { openWall } from './open-wall.ts';

const LIMITS = { deadlineMs: 15_000 };

// Computed with another implementation of HMAC (Python's): key of 32 bytes 7, the first 8 bytes, big-endian.
const ANA = 6547256992227385101n;
const BO = 15706766748773140490n;
// Likewise under 32 bytes 8: the first 16 bytes in base64url.
const TOKENS = ['3hEESM1-fTYOIYMm0n5Dkg', 'D-Q1lYqLVC7hJUgT4aiW-A'];

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ spareCount: 1 });
});
afterAll(() => wall.close());

describe('pseudonymise', () => {
  it('yields one chunk of persons for each chunk of its vault', async () => {
    const vault = column('v', { kind: 'text' }, ['ana@example.com', null, 'ana@example.com'], ['bo@example.com']);
    const job = { key: Buffer.alloc(32, 7), identifier: 'email' as const, chunks: vault.chunks };
    const chunks = await takeAll(wall.pseudonymise(job, LIMITS));
    expect(chunks.map(cellsOf)).toEqual([[ANA, null, ANA], [BO]]);
  });
});

describe('tokenise', () => {
  it('yields the tokens of selected persons only, each once, sorted', async () => {
    const persons = column('p', { kind: 'person' }, [ANA, BO, null], [ANA, 9n]);
    const vault = column('v', { kind: 'text' }, ['ana@example.com', 'bo@example.com', 'x'], ['ana@example.com', null]);
    const job = {
      key: Buffer.alloc(32, 8),
      identifier: 'email' as const,
      persons: BigUint64Array.of(BO, ANA),
      personChunks: persons.chunks,
      vaultChunks: vault.chunks,
    };
    expect((await takeAll(wall.tokenise(job, LIMITS))).flat()).toEqual(TOKENS);
    const one = { ...job, persons: BigUint64Array.of(BO) };
    expect((await takeAll(wall.tokenise(one, LIMITS))).flat()).toHaveLength(1);
    const nobody = { ...job, persons: new BigUint64Array(0) };
    expect((await takeAll(wall.tokenise(nobody, LIMITS))).flat()).toEqual([]);
  });
});
