import type { Rewrite } from './edit.ts';
import { nearestName } from './nearest-name.ts';
import { lastPart, listOf, type RefusedText, type Rewriter, tokenAt } from './rewriter.ts';
import { clauseOf, partsOfClause, selectAround } from './select-clauses.ts';
import { afterName, isWord } from './sql-tokens.ts';

/** An unknown column: what the select list calls so, the same column of another table, or the nearest name. */
export const renameColumn: Rewriter = (violation, text) => {
  const index = tokenAt(text, violation);
  const { column = '' } = violation.facts;
  if (index < 0 || violation.facts.isAmbiguous === 'true') return [];
  const name = aliased(text, index, column) ?? columnMeant(column, listOf(violation, 'columns'));
  return name === null ? [] : [renamed(text, index, { from: column, to: name })];
};

/** An unknown table: the one of that name without its member, or the nearest name. */
export const renameTable: Rewriter = (violation, text) => {
  const index = tokenAt(text, violation);
  const { table = '' } = violation.facts;
  const tables = listOf(violation, 'tables');
  const [same, ...others] = tables.filter((t) => lastPart(t) === lastPart(table));
  const near =
    nearestName(table, tables) ?? tables.find((t) => lastPart(t) === nearestName(table, tables.map(lastPart)));
  const name = same !== undefined && others.length === 0 ? same : near;
  return index < 0 || name === undefined ? [] : [renamed(text, index, { from: table, to: name })];
};

/** A function of another name. */
export const renameFunction: Rewriter = (violation, text) => {
  const index = tokenAt(text, violation);
  const written = violation.facts.function ?? '';
  const near = nearestName(written, [...listOf(violation, 'functions'), 'count', 'sum', 'avg', 'coalesce', 'clamp']);
  return index < 0 || near === null ? [] : [renamed(text, index, { from: written, to: near })];
};

function renamed(
  { tokens }: RefusedText,
  index: number,
  { from, to }: { readonly from: string; readonly to: string },
): Rewrite {
  const [first, last] = [tokens[index], tokens[afterName(tokens, index) - 1]];
  const edit = { start: first?.start ?? 0, end: last?.end ?? 0, text: to };
  return { edits: [edit], change: `\`${from}\` is \`${to}\`` };
}

function columnMeant(written: string, columns: readonly string[]): string | null {
  const last = lastPart(written);
  const [same, ...others] = columns.filter((c) => lastPart(c) === last);
  if (same !== undefined) return others.length === 0 ? same : null;
  const relation = written.includes('.') ? written.slice(0, written.lastIndexOf('.')) : null;
  const own = columns.filter((c) => c.slice(0, c.lastIndexOf('.')) === relation);
  const isKnownRelation = relation !== null && own.length > 0;
  const near = nearestName(last, (isKnownRelation ? own : columns).map(lastPart));
  if (near === null) return null;
  return isKnownRelation ? `${relation}.${near}` : near;
}

/** What a name of the select list stands for, where names of the select list are not known yet. */
function aliased(text: RefusedText, index: number, name: string): string | null {
  const { sql, tokens } = text;
  const select = selectAround(tokens, tokens[index]?.start ?? 0);
  const list = clauseOf(select, 'select');
  if (select === null || list === null) return null;
  for (const { first, end } of partsOfClause(select, list, (t) => t.text === ',')) {
    const isNamed = isWord(tokens[end - 1], name) && isWord(tokens[end - 2], 'as') && index !== end - 1;
    if (!isNamed || index < end) continue;
    const written = sql.slice(tokens[first]?.start, tokens[end - 3]?.end);
    return /^[\p{L}\p{N}_.]+$/u.test(written) ? written : `(${written})`;
  }
  return null;
}
