// The strongest test of all: over schemas, data and questions at random, one person changes the exact bounded output by
// no more than the plan says, and changes nobody else's values at all. Noise, price and threshold rest on it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertBounded, assertRowsBounded, type BoundedOutput, count } from '../../test/proof/one-person.ts';
import { Coverage, outputsOf } from '../../test/proof/question-coverage.ts';
import { effortOf, runSeed } from '../../test/support/effort.ts';
import { runSql } from '../../test/support/engine.ts';
import {
  describeCollaboration,
  drawCollaboration,
  HEAVY_PERSON,
  loadCollaboration,
  type RandomCollaboration,
  tablesOf,
  withoutPerson,
} from '../../test/support/random-collaboration.ts';
import { QuestionWriter } from '../../test/support/random-larger-questions.ts';
import { tally } from '../../test/support/tally.ts';

/** Collaborations drawn; each answers several questions, each about several persons. */
const runCount = Number(process.env.GALLEY_RUNS ?? effortOf(6, 24, 2_500));
/** Ten times what a run takes on an idle machine. */
const MAX_RUN_MS = Math.max(300_000, runCount * 10_000);
// Every commit asks the same: a draw in some thousands takes the engine minutes, which only the campaign has.
const seed = runSeed;
const QUESTIONS = 4;
const VICTIMS = [HEAVY_PERSON, '1', '2'];

/** A collaboration with questions on it, which a failed test can show. */
class Case {
  readonly tables: RandomCollaboration;
  readonly asked: readonly string[];

  constructor(tables: RandomCollaboration, asked: readonly string[]) {
    this.tables = tables;
    this.asked = asked;
  }

  toString(): string {
    return `\n${describeCollaboration(this.tables)}\n${this.asked.join('\n')}\n`;
  }
}

const cases = fc.gen().map((g) => {
  const tables = drawCollaboration(g, 'wild');
  return new Case(
    tables,
    Array.from({ length: QUESTIONS }, () => new QuestionWriter(g, tables, false).question()),
  );
});

async function compare(outputs: readonly BoundedOutput[], tables: RandomCollaboration): Promise<number> {
  for (const output of outputs) await assertRowsBounded(output);
  const before = new Map<BoundedOutput, Awaited<ReturnType<typeof count>>>();
  for (const output of outputs) before.set(output, await count(output));
  let compared = 0;
  for (const person of VICTIMS) {
    await withoutPerson(person, tables, async () => {
      for (const [output, all] of before) {
        assertBounded(output, person, all, await count(output));
        compared += 1;
      }
    });
  }
  return compared;
}

describe('one person', () => {
  const coverage = new Coverage();
  let compared = 0;

  it('is asked for in every way there is, and most questions are allowed', async () => {
    const met = new Coverage();
    // One seed for all time: what is rare among questions would be missing now and then.
    for (const { tables, asked } of fc.sample(cases, { numRuns: 150, seed: 2 })) await outputsOf(asked, tables, met);
    expect(met.missing()).toEqual([]);
    expect(met.share).toBeGreaterThan(0.7);
  }, 120_000);

  it(
    `changes no more of the bounded output than planned, and nobody else's part in it (seed ${seed})`,
    async () => {
      await runSql('SET threads = 1');
      const hold = async ({ tables, asked }: Case): Promise<void> => {
        await loadCollaboration(tables);
        compared += await compare(await outputsOf(asked, tables, coverage), tables);
      };
      await fc.assert(fc.asyncProperty(cases, hold), {
        numRuns: runCount,
        seed,
        endOnFailure: process.env.GALLEY_SHRINK !== '1',
      });
      process.stdout.write(`seed ${seed}: ${compared} comparisons; ${coverage.toString()}\n`);
      expect(coverage.share).toBeGreaterThan(0.7);
      tally('boundingCases', compared);
    },
    MAX_RUN_MS,
  );

  it(
    'is bounded alike whatever the order of rows and however many threads',
    async () => {
      const hold = async ({ tables, asked }: Case): Promise<void> => {
        await runSql('SET threads = 1');
        await loadCollaboration(tables);
        const outputs = await outputsOf(asked, tables, coverage);
        const forward = [];
        for (const output of outputs) forward.push(await count(output));
        await runSql('SET threads = 4');
        const backward = tablesOf(tables).map(({ view, rows }) => ({ view, rows: rows.toReversed() }));
        await loadCollaboration({ people: backward, publics: [] });
        for (const [i, output] of outputs.entries()) {
          const again = await count(output);
          expect(sorted(again.groups), output.asked).toEqual(sorted(forward[i]?.groups ?? new Map()));
          expect(sorted(again.persons), output.asked).toEqual(sorted(forward[i]?.persons ?? new Map()));
        }
      };
      await fc.assert(fc.asyncProperty(cases, hold), {
        numRuns: Math.ceil(runCount / 6),
        seed,
        endOnFailure: process.env.GALLEY_SHRINK !== '1',
      });
    },
    MAX_RUN_MS,
  );
});

function sorted<V>(map: ReadonlyMap<string, V>): readonly (readonly [string, V])[] {
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
