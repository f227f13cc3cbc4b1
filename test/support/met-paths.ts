import type { ChosenPath, LayoutForm } from '../../policies/index.ts';

/** Which paths came up, and how they went. */
export class MetPaths {
  /** How often each thing that is to be met was. */
  readonly met = new Map<string, number>();
  /** How many were compared. */
  compared = 0;

  /** Notes a path that was compared, and what it read of persons over what is declared. */
  note(path: ChosenPath, over: readonly LayoutForm[]): void {
    this.compared += 1;
    const isMatch = path.kind === 'planned' && path.core.spec.base.matched !== null;
    const isMatchOfRows =
      path.kind === 'sharded' && [...path.rows.values()].some(({ rows }) => rows.spec.base.matched !== null);
    const names = [
      path.kind,
      ...(path.kind === 'planned' ? [`groups ${path.groups}`] : []),
      ...(path.kind === 'planned' && path.rest !== null ? ['rest'] : []),
      ...(path.kind === 'planned' && path.values.some((v) => v?.column?.startsWith('held sum')) ? ['held sums'] : []),
      ...(path.kind === 'planned' && path.values.some((v) => v?.column?.startsWith('sum')) ? ['whole sums'] : []),
      ...(path.kind === 'planned' && path.core.codes.size > 0 ? ['codes'] : []),
      ...(path.kind === 'planned' && path.computed.size > 0 ? ['rows of a query'] : []),
      ...(path.kind === 'planned' && path.rows !== null ? ['values of rows'] : []),
      ...(isMatch ? ['pairs of a match'] : []),
      ...(isMatchOfRows ? ['rows of a match'] : []),
      ...(over.includes('over') ? [`${path.kind}, persons over`] : []),
      ...(over.includes('beside') ? ['persons over of a match'] : []),
    ];
    for (const name of names) this.met.set(name, (this.met.get(name) ?? 0) + 1);
  }

  /** Those of some names that never came up. */
  missing(names: readonly string[]): readonly string[] {
    return names.filter((name) => !this.met.has(name));
  }
}

/** What a campaign of random questions must meet at least once, or it has not been shown. */
export const PLANNED_NAMES = [
  ...['sharded', 'planned', 'streamed', 'groups stored', 'groups again', 'groups all'],
  ...[
    'rest',
    'held sums',
    'whole sums',
    'codes',
    'pairs of a match',
    'rows of a match',
    'rows of a query',
    'values of rows',
  ],
  ...['planned', 'streamed', 'sharded'].map((kind) => `${kind}, persons over`),
  'persons over of a match',
];
