import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSorted } from './merge-sorted.ts';
import { splitDifference } from './split-difference.ts';

const RECORD_BYTES = 8;
/** Few beginnings, so that most records have their first bytes in common; few endings, so that many are equal. */
const records = fc
  .array(fc.tuple(fc.nat(3), fc.nat(40)), { maxLength: 60 })
  .map((pairs) =>
    [...new Set(pairs.map(([head, tail]) => BigInt(head) * 0x1_0000_0000n + BigInt(tail)))].sort((a, b) =>
      a < b ? -1 : 1,
    ),
  );

async function* inBlocks(numbers: readonly bigint[], blockRecords: number): AsyncGenerator<Uint8Array, void> {
  for (let from = 0; from < numbers.length; from += blockRecords) {
    const some = numbers.slice(from, from + blockRecords);
    const block = Buffer.alloc(some.length * RECORD_BYTES);
    for (const [at, number] of some.entries()) block.writeBigUInt64BE(number, at * RECORD_BYTES);
    yield block;
  }
}

function numbersOf(blocks: readonly Uint8Array[]): bigint[] {
  const all = Buffer.concat(blocks);
  return Array.from({ length: all.length / RECORD_BYTES }, (_, index) => all.readBigUInt64BE(index * RECORD_BYTES));
}

const sorted = (numbers: Iterable<bigint>) => [...numbers].sort((a, b) => (a < b ? -1 : 1));

describe('sorted lists', () => {
  it('are merged into all their records, sorted, each once', () =>
    fc.assert(
      fc.asyncProperty(fc.array(records, { maxLength: 6 }), fc.integer({ min: 1, max: 9 }), async (lists, size) => {
        const merged = mergeSorted(
          lists.map((list) => inBlocks(list, size)),
          RECORD_BYTES,
        );
        expect(numbersOf(await Array.fromAsync(merged))).toEqual(sorted(new Set(lists.flat())));
      }),
    ));

  it('are split into what came and what went', () =>
    fc.assert(
      fc.asyncProperty(records, records, fc.integer({ min: 1, max: 9 }), async (before, after, size) => {
        const parts: Record<'added' | 'removed', Uint8Array[]> = { added: [], removed: [] };
        const sinkOf = (name: keyof typeof parts) => async (block: Uint8Array) => {
          parts[name].push(block);
        };
        const counts = await splitDifference(
          { before: inBlocks(before, size), after: inBlocks(after, size) },
          RECORD_BYTES,
          { added: sinkOf('added'), removed: sinkOf('removed') },
        );
        const [added, removed] = [numbersOf(parts.added), numbersOf(parts.removed)];
        expect(added).toEqual(sorted(new Set(after).difference(new Set(before))));
        expect(removed).toEqual(sorted(new Set(before).difference(new Set(after))));
        expect(counts).toEqual({ addedCount: added.length, removedCount: removed.length });
      }),
    ));

  it('are refused when they end within a record', async () => {
    const broken = async function* () {
      yield Buffer.alloc(RECORD_BYTES + 1);
    };
    await expect(Array.fromAsync(mergeSorted([broken()], RECORD_BYTES))).rejects.toThrow('within a record');
  });
});
