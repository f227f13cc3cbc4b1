import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, keyOf, planDraft, rowsOfTables } from '../../test/support/drafts.ts';
import { runSeed } from '../../test/support/effort.ts';
import { campaign, events, outcomes } from '../../test/support/tables.ts';
import { wide } from '../../test/support/wide-table.ts';
import type { TableView } from '../collaboration/table-view.ts';
import { checkDerivation } from './check-derivation.ts';
import { type Derivation, type DerivedBound, deriveBounds } from './derivation.ts';
import type { Expression } from './expression.ts';
import { assertProven, type PlannedAggregate } from './protected-plan.ts';
import type { RowInput, RowSource } from './protected-rows.ts';
import type { AggregateDraft, GroupKey, Statistic } from './question-tree.ts';

const amount = columnOf('t0', 'amount', events);
const category = keyOf(columnOf('t0', 'category', events));

const statistics: readonly Statistic[] = [
  { kind: 'persons-where', when: amount },
  { kind: 'rows', when: null, upper: 7n },
  { kind: 'sum', of: amount, scale: 2, row: { lower: -3n, upper: 100n }, lower: -10n, upper: 250n },
  { kind: 'sum', of: amount, scale: 2, row: null, lower: 0n, upper: 30_000n },
  { kind: 'squares', of: amount, scale: 2, row: { lower: 0n, upper: 100n }, centre: 40n, upper: 9_000n },
  { kind: 'distinct', of: amount, upper: 2n },
  { kind: 'histogram', of: amount, bins: { scale: 2, lower: 0n, upper: 4_096n, count: 4_096 }, upper: 5n },
];

const table = (ref: string, view: TableView): RowSource => ({
  ref,
  how: 'inner',
  input: { kind: 'table', view },
  on: [],
});
const boolean = { kind: 'boolean' } as const;
const equal = (left: Expression, right: Expression): Expression => ({
  kind: 'compare',
  operator: '=',
  left,
  right,
  type: boolean,
  at: null,
});
const products = {
  ...wide,
  alias: 'products',
  rules: { ...wide.rules, publicTable: { rowsPerKey: 1 }, identity: '', joinKeys: ['label'] },
};
const ofSource = (ref: string, column: string): Expression => columnOf(ref, column, wide);

/** A source of each kind: eight rows of a left join, forty of a union, one a person. */
function sourceOf(input: RowInput['kind'], ref: string): RowSource {
  const rows = { sources: [table(`${ref}a`, events)], filters: [] };
  const count = { kind: 'count', of: null, by: null, when: null, scale: 0, type: { kind: 'integer' } } as const;
  const inputs: Readonly<Record<RowInput['kind'], RowInput>> = {
    table: { kind: 'table', view: wide },
    public: { kind: 'public', view: products, keys: ['label'] },
    rows: { kind: 'rows', rows, columns: [] },
    union: {
      kind: 'union',
      columns: [],
      branches: [
        { rows, values: [] },
        { rows: { sources: [table(`${ref}b`, outcomes)], filters: [] }, values: [] },
      ],
    },
    'per-person': { kind: 'per-person', rows, keys: [], values: [{ name: 'n', aggregate: count }] },
  };
  const on = input === 'public' ? [equal(ofSource(ref, 'label'), columnOf('t0', 'category', events))] : [];
  return { ref, how: input === 'rows' ? 'left' : 'inner', input: inputs[input], on };
}

function joined(others: readonly RowInput['kind'][], keys: readonly GroupKey[] = [category]): AggregateDraft {
  const draft = draftOf([events], keys, statistics);
  const more = others.map((kind, index) => sourceOf(kind, `t${index + 1}`));
  return { ...draft, rows: { sources: [...draft.rows.sources, ...more], filters: [] } };
}

/** Owners that allow a person more groups than rows. */
const roomy = { ...events, rules: { ...events.rules, maxGroupsPerPerson: 50 } };

const drafts: readonly AggregateDraft[] = [
  draftOf([roomy], [category], statistics),
  joined([]),
  joined([], []),
  joined(['rows', 'union', 'per-person']),
  joined(['public', 'table']),
  joined(['per-person'], [keyOf(ofSource('t1', 'n'))]),
  draftOf([outcomes], [keyOf(columnOf('t0', 'zip', outcomes))], statistics),
  draftOf([campaign], [keyOf(columnOf('t0', 'arm', campaign), ['gift', 'coupon'])], statistics),
  draftOf([events], [keyOf(columnOf('t0', 'category', events), ['a', 'b'])], statistics),
];

const plans = drafts.map((draft) => planDraft(draft));

describe('a derivation', () => {
  it('uses every path by which groups are bounded', () => {
    const paths = [
      'group-depends-on-person',
      'kept-groups',
      'one-group',
      'one-row-per-person',
      'public-groups',
      'rows-per-person',
    ];
    expect([...new Set(plans.map((p) => p.path))].toSorted()).toEqual(paths);
  });

  it.each(plans.map((p, i) => [i, p.path, p] as const))('of plan %d (%s) is checked, from its JSON too', (_, __, p) => {
    const derivation = deriveBounds(p);
    expect(checkDerivation(derivation, p)).toBe(null);
    expect(checkDerivation(JSON.parse(JSON.stringify(derivation)) as Derivation, p)).toBe(null);
  });

  it('multiplies joins, adds up unions and leaves one row of a person grouped by', () => {
    const { steps } = deriveBounds(planDraft(joined(['rows', 'union', 'per-person'])));
    const rows = Object.fromEntries(steps.map((s) => [s.conclusion.node, s.conclusion.rowsPerPerson]));
    expect(rows).toMatchObject({ 'rows/0': '20', 'rows/1': '20', 'rows/2': '21', 'rows/3': '1', rows: '8400' });
  });
});

/** A derivation with one of its numbers lowered. */
const lowered = fc
  .record({
    plan: fc.nat(plans.length - 1),
    step: fc.nat(),
    bound: fc.nat(),
    by: fc.oneof(fc.constant(1n), fc.bigInt({ min: 1n, max: 10n ** 6n }), fc.bigInt({ min: 1n, max: 10n ** 30n })),
  })
  .map(({ plan, step, bound, by }) => {
    const aggregate = plans[plan] as PlannedAggregate;
    const { steps } = deriveBounds(aggregate);
    const at = step % steps.length;
    const changed = steps.map((s, index) => {
      if (index !== at) return s;
      const names = Object.keys(s.conclusion).filter((name) => name !== 'node') as (keyof DerivedBound)[];
      const name = names[bound % names.length] as keyof DerivedBound;
      const old = BigInt(s.conclusion[name] ?? 0);
      return { ...s, conclusion: { ...s.conclusion, [name]: String(old > by ? old - by : old - 1n) } };
    });
    return { aggregate, steps: changed, at };
  });

describe(`a derivation with any number lowered (seed ${runSeed})`, () => {
  it('is refused at that step', () => {
    const isRefused = ({
      aggregate,
      steps,
      at,
    }: {
      aggregate: PlannedAggregate;
      steps: Derivation['steps'];
      at: number;
    }) => {
      expect(checkDerivation({ steps }, aggregate)?.step, JSON.stringify(steps[at])).toBe(at);
    };
    fc.assert(fc.property(lowered, isRefused), { numRuns: 2_000, seed: runSeed });
  });

  it('is refused also where the numbers after it follow from the lowered one', () => {
    for (const aggregate of plans) {
      const { rules } = events;
      const halved = { ...events, rules: { ...rules, rowsPerPerson: 10, maxGroupsPerPerson: 2 } };
      const sources = aggregate.rows.sources.map((s) =>
        s.input.kind === 'table' && s.input.view === events
          ? { ...s, input: { kind: 'table' as const, view: halved } }
          : s,
      );
      if (sources.every((s, i) => s === aggregate.rows.sources[i])) continue;
      const weaker = deriveBounds({ ...aggregate, rows: { ...aggregate.rows, sources } });
      expect(checkDerivation(weaker, aggregate)).not.toBe(null);
    }
  });
});

describe('a derivation of another shape', () => {
  const [plan] = plans as [PlannedAggregate];
  const { steps } = deriveBounds(plan);
  const changed = (at: number, change: (step: Derivation['steps'][number]) => unknown): Derivation =>
    ({ steps: steps.map((s, i) => (i === at ? change(s) : s)) }) as Derivation;

  it.each<[string, Derivation]>([
    ['that ends before the last statistic', { steps: steps.slice(0, -1) }],
    ['that rests on itself', changed(1, (s) => ({ ...s, premises: [1] }))],
    ['that rests on a later step', changed(1, (s) => ({ ...s, premises: [2] }))],
    ['that rests on nothing', changed(1, (s) => ({ ...s, premises: [] }))],
    ['that names another node', changed(0, (s) => ({ ...s, conclusion: { ...s.conclusion, node: 'rows/7' } }))],
    ['that says more than its rule', changed(0, (s) => ({ ...s, conclusion: { ...s.conclusion, linf: '1' } }))],
    ['with a number that is none', changed(0, (s) => ({ ...s, conclusion: { node: 'rows/0', rowsPerPerson: '2e9' } }))],
    ['with another path', changed(2, (s) => ({ ...s, rule: 'one-group' }))],
    ['with a rule that there is not', changed(2, (s) => ({ ...s, rule: 'trust-me' }))],
  ])('is refused: %s', (_, derivation) => {
    expect(checkDerivation(derivation, plan)).not.toBe(null);
  });
});

describe('public tables that are looked up by each other alone', () => {
  it('have no bound, though each has its key set equal to something', () => {
    const draft = joined([]);
    const [one, other] = ['t1', 't2'].map((ref): RowSource => {
      return { ref, how: 'inner', input: { kind: 'public', view: products, keys: ['label'] }, on: [] };
    }) as [RowSource, RowSource];
    const each = equal(ofSource('t1', 'label'), ofSource('t2', 'label'));
    const circle = { ...draft, rows: { sources: [...draft.rows.sources, one, { ...other, on: [each] }], filters: [] } };
    expect(() => planDraft(circle)).toThrow(/not proven/);
    const held = equal(ofSource('t1', 'label'), columnOf('t0', 'category', events));
    expect(() => planDraft({ ...circle, rows: { ...circle.rows, filters: [held] } })).not.toThrow();
  });
});

describe('a key that is looked up in a public table', () => {
  it('depends on the row where what it is looked up by does', () => {
    const byRow = joined(['public'], [keyOf(ofSource('t1', 'flag'))]);
    expect(planDraft(byRow).path).not.toBe('group-depends-on-person');
    const zip = columnOf('t0', 'zip', outcomes);
    const on = [equal(ofSource('t2', 'label'), zip)];
    const rows = rowsOfTables(outcomes, events);
    const byPerson = {
      ...draftOf([outcomes, events], [keyOf(ofSource('t2', 'flag'))], statistics),
      rows: { sources: [...rows.rows.sources, { ...sourceOf('public', 't2'), on }], filters: [] },
    };
    expect(planDraft(byPerson).path).toBe('group-depends-on-person');
  });

  it('depends on the row where another public table is looked up first, and hands its key on', () => {
    const draft = joined(['public', 'public'], [keyOf(ofSource('t1', 'flag'))]);
    const [first, one, two] = draft.rows.sources as [RowSource, RowSource, RowSource];
    const handed = equal(ofSource('t1', 'label'), ofSource('t2', 'label'));
    const sources = [first, { ...one, on: [] }, { ...two, on: [...two.on, handed] }];
    expect(planDraft({ ...draft, rows: { sources, filters: [] } }).path).toBe('kept-groups');
  });

  it('depends on the row where a left join finds its one row by what varies', () => {
    const draft = joined([], [keyOf(ofSource('t1', 'flag'))]);
    const one: RowSource = { ...table('t1', { ...wide, rules: { ...wide.rules, rowsPerPerson: 1 } }), how: 'left' };
    const source = (on: readonly Expression[]): AggregateDraft => ({
      ...draft,
      rows: { sources: [...draft.rows.sources, { ...one, on }], filters: [] },
    });
    expect(planDraft(source([])).path).toBe('group-depends-on-person');
    const varies = equal(columnOf('t0', 'category', events), ofSource('t1', 'label'));
    expect(planDraft(source([varies])).path).toBe('kept-groups');
  });
});

describe('a plan whose noise is less than its bounds need', () => {
  it('is not made', () => {
    const [plan] = plans as [PlannedAggregate];
    expect(() => assertProven(plan)).not.toThrow();
    const quiet = plan.noise.map((n, i) => (i === 2 ? { ...n, numerator: n.numerator / 2n } : n));
    expect(() => assertProven({ ...plan, noise: quiet })).toThrow(/costs more/);
    expect(() => assertProven({ ...plan, path: 'one-group', maxGroupsPerPerson: 1 })).toThrow(/not proven/);
  });
});
