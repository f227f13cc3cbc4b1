import { keptOrder } from '../plan/kept-order.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { FunctionNames } from '../print/function-names.ts';
import { partsOf, printSteps, rawColumns } from '../print/print-aggregate.ts';
import type { PrintedParts } from '../print/printed-parts.ts';
import { printGathered, printParts } from './gathered-parts.ts';
import { isNarrow } from './is-narrow.ts';
import type { PathQuery, PathTable } from './layout.ts';
import { broughtTo, type OverParts, overParts, type PartsUse, printOver } from './over-parts.ts';
import type { ChosenPath, PlannedPath, ShardedPath } from './path.ts';
import { type PrintedContributions, printPlanned, printPlannedContributions } from './print-planned.ts';
import { printStreamed } from './print-streamed.ts';
import { publicTables, readStored } from './stored-tables.ts';

/**
 * Prints the path of an aggregation for the engine: what each shard runs, and what is made of all of them. It returns what
 * {@link printAggregate} prints for the same aggregation returns; `null` for the general path, which is printed there.
 */
export function printPath(asked: PlannedAggregate, path: ChosenPath): PathQuery | null {
  switch (path.kind) {
    case 'planned':
      return printPlanned(asked, path);
    case 'streamed':
      return printStreamed(path);
    case 'sharded':
      return printSharded(asked, path);
    default:
      return null;
  }
}

/** Prints what each person brings into each group, as {@link printContributions} does; a row a person and group. */
export function printPathContributions(
  asked: PlannedAggregate,
  path: PlannedPath | ShardedPath,
  functions: FunctionNames,
): PrintedContributions {
  if (path.kind === 'planned') return printPlannedContributions(asked, path);
  const { parts, tables, over } = shardedParts(asked, path, { functions, use: 'contributions' });
  const of = [parts, ...(over === null ? [] : [over.parts])].map((p) => printSteps(p));
  return { of, codes: new Set(parts.stored?.codes.keys()), tables: [...tables, ...(over?.tables ?? [])] };
}

function shardedParts(
  asked: PlannedAggregate,
  { aggregate, choice, rows, over }: ShardedPath,
  { functions, use }: { readonly functions: FunctionNames; readonly use: PartsUse },
): { readonly parts: PrintedParts; readonly tables: readonly PathTable[]; readonly over: OverParts | null } {
  const layouts = new Map([...rows].map(([name, of]) => [name, { within: [of.rows], over: of.over }]));
  const { codes, printing, tables } = readStored(aggregate, layouts, 'codes');
  const reading = { codes, kept: keptOrder(asked), isNarrow: isNarrow(aggregate), ...printing };
  return {
    parts: { ...partsOf(aggregate, { literals: 'value', functions }, choice, reading), brought: broughtTo(use) },
    tables: [...tables, ...publicTables(aggregate)],
    over: over && overParts(asked, over, functions, use),
  };
}

function printSharded(asked: PlannedAggregate, path: ShardedPath): PathQuery {
  const functions = new FunctionNames();
  const { parts, tables, over } = shardedParts(asked, path, { functions, use: 'groups' });
  const { aggregate, keys, measured, stored } = parts;
  const of = { aggregate, keys, codes: new Set(stored?.codes.keys()), measured };
  const steps = [...printParts(of, printSteps(parts), parts), ...(over === null ? [] : printOver(of, over))];
  return {
    steps,
    sql: printGathered(of, over !== null),
    tables: [...tables, ...(over?.tables ?? [])],
    functions: functions.list(),
    columns: rawColumns(asked),
  };
}
