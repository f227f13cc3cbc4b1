import { checkQuestion, functionsUsed, planQuestion } from '../../policies/index.ts';
import { sourcesIn } from '../../policies/plan/walk-rows.ts';
import { readSql } from '../support/engine.ts';
import { type RandomCollaboration, tablesOf } from '../support/random-collaboration.ts';
import { scoringFunctions } from '../support/scoring.ts';
import { type BoundedOutput, boundedOutput } from './one-person.ts';

/** What a run of random questions must have met at least once. */
const EXPECTED = [
  ...['table', 'public', 'union', 'per-person'].map((kind) => `inner ${kind}`),
  ...['table', 'public', 'rows', 'union', 'per-person'].map((kind) => `left ${kind}`),
  ...['persons', 'persons-where', 'rows', 'sum', 'squares', 'distinct', 'histogram'].map((kind) => `counts ${kind}`),
  'one-group',
  'one-row-per-person',
  'group-depends-on-person',
  'public-groups',
  'rows-per-person',
  'kept-groups',
  'public groups listed',
  ...['risk', 'steps', 'tier'].map((name) => `scores ${name}`),
];

/** What random questions are made of, and how many of them the rules allow. */
export class Coverage {
  readonly #met = new Map<string, number>();
  #asked = 0;
  #allowed = 0;

  /** Notes that a question was refused. */
  refused(): void {
    this.#asked += 1;
  }

  /** Notes an aggregation of a question that was allowed. */
  allowed({ draft }: BoundedOutput, path: string, isListed: boolean): void {
    this.#asked += 1;
    this.#allowed += 1;
    const met = [
      path,
      ...(isListed ? ['public groups listed'] : []),
      ...sourcesIn(draft.rows).map((s) => `${s.how} ${s.input.kind}`),
      ...draft.statistics.map((s) => `counts ${s.kind}`),
      ...functionsUsed(draft).map((f) => `scores ${f.name}`),
    ];
    for (const name of new Set(met)) this.#met.set(name, (this.#met.get(name) ?? 0) + 1);
  }

  /** The share of questions that were allowed. */
  get share(): number {
    return this.#asked === 0 ? 0 : this.#allowed / this.#asked;
  }

  /** What should have been met and was not. */
  missing(): readonly string[] {
    return EXPECTED.filter((name) => !this.#met.has(name));
  }

  toString(): string {
    const met = [...this.#met].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => `${name} ${n}`);
    return `${this.#allowed} of ${this.#asked} questions allowed; ${met.join(', ')}`;
  }
}

const OPTIONS = { epsilon: 1, omitIntervals: true, functions: scoringFunctions };

/** The planned outputs of those questions that are allowed. */
export async function outputsOf(
  asked: readonly string[],
  tables: RandomCollaboration,
  coverage: Coverage,
): Promise<readonly BoundedOutput[]> {
  const views = tablesOf(tables).map((t) => t.view);
  const outputs: BoundedOutput[] = [];
  for (const sql of asked) {
    const read = await readSql(sql);
    const checked = read.ok ? checkQuestion(read.value, views, OPTIONS) : read;
    if (!checked.ok) coverage.refused();
    else {
      for (const aggregate of planQuestion(checked.value, { epsilon: 1, delta: 1e-6 }).aggregates) {
        const output = boundedOutput(sql, aggregate);
        coverage.allowed(output, aggregate.path, aggregate.publicGroups !== null);
        outputs.push(output);
      }
    }
  }
  return outputs;
}
