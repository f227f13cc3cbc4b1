// A test of the test: plans with a bound broken on purpose. A comparison that lets one of them pass holds nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertBounded, assertRowsBounded, type BoundedOutput, count } from '../../test/proof/one-person.ts';
import { Coverage, outputsOf } from '../../test/proof/question-coverage.ts';
import { runSql } from '../../test/support/engine.ts';
import {
  drawCollaboration,
  HEAVY_PERSON,
  loadCollaboration,
  type RandomCollaboration,
  withoutPerson,
} from '../../test/support/random-collaboration.ts';
import { QuestionWriter } from '../../test/support/random-larger-questions.ts';
import { contributionOf } from './contribution.ts';
import type { ProtectedRows, RowInput } from './protected-rows.ts';
import type { AggregateDraft } from './question-tree.ts';
import { rowsPerPerson } from './stability.ts';

/** One way to break a plan; `null` where a question has nothing of the kind. */
type Break = (output: BoundedOutput) => BoundedOutput | null;

const seed = Number(process.env.GALLEY_SEED ?? 13);
/** Collaborations within which a broken plan must show. */
const MAX_TRIES = 150;

const inSql =
  (from: RegExp, to: string): Break =>
  (output) => {
    const sql = output.sql.replaceAll(from, to);
    return sql === output.sql ? null : { ...output, sql };
  };

/** The bounds of other rows than those that run. */
function boundedAs(output: BoundedOutput, rows: ProtectedRows): BoundedOutput | null {
  const most = BigInt(rowsPerPerson(rows));
  const statistics = output.draft.statistics.map((s) =>
    s.kind === 'rows' || s.kind === 'distinct' || s.kind === 'histogram'
      ? { ...s, upper: s.upper < most ? s.upper : most }
      : s,
  );
  const draft: AggregateDraft = { ...output.draft, rows, statistics };
  return { ...output, bounds: contributionOf(draft), rows: [{ rows: output.draft.rows, most: rowsPerPerson(rows) }] };
}

const leftJoinsConstant: Break = (output) => {
  const { rows } = output.draft;
  if (output.draft.keys.length === 0 || !rows.sources.some((s) => s.how === 'left' && s.on.length > 0)) return null;
  const sources = rows.sources.map((s) => (s.how === 'left' ? { ...s, on: [] } : s));
  const bounds = contributionOf({ ...output.draft, rows: { ...rows, sources } });
  return bounds.maxGroupsPerPerson < output.bounds.maxGroupsPerPerson ? { ...output, bounds } : null;
};

/** A union bounded by its largest part instead of by all of them. */
function withLargestParts(rows: ProtectedRows): ProtectedRows {
  return { ...rows, sources: rows.sources.map((s) => ({ ...s, input: largestPart(s.input) })) };
}

function largestPart(input: RowInput): RowInput {
  switch (input.kind) {
    case 'union': {
      const [largest] = input.branches.toSorted((a, b) => rowsPerPerson(b.rows) - rowsPerPerson(a.rows));
      return largest === undefined
        ? input
        : { ...input, branches: [{ ...largest, rows: withLargestParts(largest.rows) }] };
    }
    case 'rows':
    case 'per-person':
      return { ...input, rows: withLargestParts(input.rows) };
    default:
      return input;
  }
}

const unionsByLargest: Break = (output) => {
  const rows = withLargestParts(output.draft.rows);
  return rowsPerPerson(rows) < rowsPerPerson(output.draft.rows) ? boundedAs(output, rows) : null;
};

/** A join bounded by its largest side instead of by the product. */
const joinsByLargest: Break = (output) => {
  const { rows } = output.draft;
  const most = Math.max(...rows.sources.map((s) => rowsPerPerson({ sources: [s], filters: [] })));
  if (most >= rowsPerPerson(rows)) return null;
  return { ...output, rows: [{ rows, most }] };
};

/** Histograms that take more rows of a person in a group than they are bounded by. */
const histogramsByOneRow: Break = (output) => {
  const isMore = output.draft.statistics.some((s) => s.kind === 'histogram' && s.upper > 1n);
  const statistics = output.draft.statistics.map((s) => (s.kind === 'histogram' ? { ...s, upper: 1n } : s));
  return isMore ? { ...output, bounds: contributionOf({ ...output.draft, statistics }) } : null;
};

const BREAKS: readonly (readonly [string, Break])[] = [
  ['a table that is not cut to the rows declared', inSql(/"row of person" <= \d+/g, 'TRUE')],
  ['a person who keeps all groups', inSql(/WHERE n <= \d+/g, 'WHERE TRUE')],
  ['a clamp ten times as wide', inSql(/CAST\('(-?\d+)' AS HUGEINT\)/g, "CAST('$10' AS HUGEINT)")],
  ['a left join whose columns count as constant though its condition varies', leftJoinsConstant],
  ['a union bounded by its largest part', unionsByLargest],
  ['a join bounded by its largest side', joinsByLargest],
  ['a histogram bounded by one row a group that takes more', histogramsByOneRow],
  ['a person found by the values of others', inSql(/PARTITION BY "email" ORDER BY/g, 'ORDER BY')],
];

/** Rare among random questions: what a left join finds for some rows of a person and not for others, as a key. */
const VARYING = `select r2.v0 as g0, count(*) as a0 from m.t0 as r1
  left join (select email, max(k) as v0 from m.t1 group by email) as r2 on r2.email = r1.email and r1.k > 2 group by 1`;

const cases = fc.gen().map((g) => {
  const tables = drawCollaboration(g, 'wild');
  return {
    tables,
    asked: [VARYING, ...Array.from({ length: 3 }, () => new QuestionWriter(g, tables, false).question())],
  };
});

async function isCaught(output: BoundedOutput, tables: RandomCollaboration): Promise<boolean> {
  try {
    await assertRowsBounded(output);
    const before = await count(output);
    for (const person of [HEAVY_PERSON, '1']) {
      await withoutPerson(person, tables, async () => assertBounded(output, person, before, await count(output)));
    }
    return false;
  } catch (cause) {
    // What the engine itself refuses is a broken test, not a broken bound.
    expect(String(cause)).toContain('AssertionError');
    return true;
  }
}

describe('a broken bound shows', () => {
  it.each(BREAKS)(
    `as %s (seed ${seed})`,
    async (_, breaking) => {
      await runSql('SET threads = 1');
      let tried = 0;
      for (const { tables, asked } of fc.sample(cases, { numRuns: MAX_TRIES, seed })) {
        const broken = (await outputsOf(asked, tables, new Coverage())).flatMap((output) => breaking(output) ?? []);
        if (broken.length === 0) continue;
        await loadCollaboration(tables);
        for (const output of broken) {
          tried += 1;
          if (await isCaught(output, tables)) return;
        }
      }
      expect.fail(`${tried} questions were answered within broken bounds`);
    },
    240_000,
  );
});
