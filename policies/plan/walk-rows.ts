import type { Expression, PlanTable } from './expression.ts';
import { assertNever } from './expression.ts';
import { PERSON_COLUMN, type PersonAggregate, type ProtectedRows, type RowSource } from './protected-rows.ts';

/** The rows that an input is made from. */
export function rowsWithin({ input }: RowSource): readonly ProtectedRows[] {
  switch (input.kind) {
    case 'table':
    case 'public':
      return [];
    case 'rows':
    case 'per-person':
      return [input.rows];
    case 'union':
      return input.branches.map((b) => b.rows);
    default:
      return assertNever(input);
  }
}

/** Every source of rows, those within others included, outer ones first. */
export function sourcesIn(rows: ProtectedRows): readonly RowSource[] {
  return rows.sources.flatMap((source) => [source, ...rowsWithin(source).flatMap(sourcesIn)]);
}

/** Every owner's table that rows are made from, public ones included. */
export function tablesIn(rows: ProtectedRows): readonly PlanTable[] {
  return sourcesIn(rows).flatMap(({ ref, input }) =>
    input.kind === 'table' || input.kind === 'public' ? [{ ref, view: input.view }] : [],
  );
}

/** What an aggregate over a person's rows reads. */
export function partsOfPersonAggregate({ of, by, when }: PersonAggregate): readonly Expression[] {
  return [of, by, when].filter((e) => e !== null);
}

/** Every expression of an input, without those of the rows it is made from. */
function expressionsOf({ input }: RowSource): readonly Expression[] {
  switch (input.kind) {
    case 'table':
    case 'public':
      return [];
    case 'rows':
      return input.columns.map((c) => c.expression);
    case 'union':
      return input.branches.flatMap((b) => b.values);
    case 'per-person':
      return [
        ...input.keys.map((k) => k.expression),
        ...input.values.flatMap((v) => partsOfPersonAggregate(v.aggregate)),
      ];
    default:
      return assertNever(input);
  }
}

/** Every expression that decides which rows there are or what they hold, at any depth. */
export function expressionsIn(rows: ProtectedRows): readonly Expression[] {
  return [
    ...rows.filters,
    ...rows.sources.flatMap((source) => [
      ...source.on,
      ...expressionsOf(source),
      ...rowsWithin(source).flatMap(expressionsIn),
    ]),
  ];
}

/** The column of a source that holds its person; `null` for a public table, which has none. */
export function personOf({ ref, input }: RowSource): Expression | null {
  if (input.kind === 'public') return null;
  const column = input.kind === 'table' ? input.view.rules.identity : PERSON_COLUMN;
  return { kind: 'column', relation: ref, column, type: { kind: 'person' }, at: null };
}
