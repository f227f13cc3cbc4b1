import type { Violation } from '../catalogue.ts';
import type { Edit, Rewrite } from './edit.ts';
import { withoutClause, withoutItem, writtenPart } from './leave-out.ts';
import { lastPart, listOf, type RefusedText, type Rewriter, tokenAt } from './rewriter.ts';
import {
  clauseAt,
  clauseOf,
  endOfTokens,
  outermostSelect,
  partsOfClause,
  type SelectClauses,
  selectAround,
} from './select-clauses.ts';

/** Counters of distinct values as other warehouses call them. */
const DISTINCT_COUNTERS = ['count_distinct', 'countdistinct', 'uniq', 'uniqexact', 'approx_distinct'];

/**
 * Rows of persons at the outermost SELECT: its permitted group keys with a count of persons, or the grouped persons
 * counted.
 */
export const countPersons: Rewriter = (violation, text) => {
  const { identity, isGrouped } = violation.facts;
  if (isGrouped === 'true') return [countGrouped(text)];
  return identity === undefined ? [] : countRows(text, listOf(violation, 'groupKeys'), identity);
};

/** A column that is neither aggregated nor grouped: as a group key where it may be one, or left out. */
export const groupColumn: Rewriter = (violation, text) => {
  if (violation.facts.identity !== undefined) return countPersons(violation, text);
  const index = tokenAt(text, violation);
  const counter = text.tokens[index - 2];
  if (counter !== undefined && text.tokens[index - 1]?.text === '(' && DISTINCT_COUNTERS.includes(counter.text)) {
    const edit = { start: counter.start, end: text.tokens[index - 1]?.end ?? 0, text: 'count(distinct ' };
    return [{ edits: [edit], change: `\`${counter.text}\` is \`count(distinct …)\`` }];
  }
  const select = index < 0 ? null : selectAround(text.tokens, text.tokens[index]?.start ?? 0);
  if (select === null || clauseAt(select, text.tokens[index]?.start ?? 0)?.name !== 'select') return [];
  const left = withoutItem(text, index);
  const isKey = listOf(violation, 'groupKeys').includes(lastPart(violation.facts.column ?? ''));
  const isPersons = listOf(violation, 'groupKeys').length === 0;
  return isKey || isPersons ? [...addKey(select, violation), ...left] : left;
};

function addKey(select: SelectClauses, { facts }: Violation): readonly Rewrite[] {
  const { column = '' } = facts;
  const groupBy = clauseOf(select, 'group by');
  const change = `grouped by \`${column}\` too`;
  if (groupBy !== null) {
    const end = endOfTokens(select, groupBy.end);
    return [{ edits: [{ start: end, end, text: `, ${column}` }], change }];
  }
  const from = clauseOf(select, 'where') ?? clauseOf(select, 'from');
  if (from === null) return [];
  const end = endOfTokens(select, from.end);
  return [{ edits: [{ start: end, end, text: ` group by ${column}` }], change: `grouped by \`${column}\`` }];
}

function countRows(text: RefusedText, groupKeys: readonly string[], identity: string): readonly Rewrite[] {
  const select = outermostSelect(text.tokens);
  const list = clauseOf(select, 'select');
  const from = clauseOf(select, 'where') ?? clauseOf(select, 'from');
  if (select === null || list === null || from === null) return [];
  const items = partsOfClause(select, list, (t) => t.text === ',').map((part) => writtenPart(text, part));
  const keys = items.flatMap((item) => {
    const name = item.replace(/^distinct\s+/i, '').split(/\s+as\s+/i)[0] ?? item;
    return /^[\p{L}\p{N}_.]+$/u.test(name) && groupKeys.includes(lastPart(name.toLowerCase())) ? [name] : [];
  });
  const [first, end] = [text.tokens[list.first], endOfTokens(select, from.end)];
  const edits: Edit[] = [
    {
      start: first?.start ?? 0,
      end: endOfTokens(select, list.end),
      text: [...keys, `count(distinct ${identity}) as persons`].join(', '),
    },
    {
      start: end,
      end: endOfTokens(select, select.end),
      text: keys.length === 0 ? '' : ` group by ${keys.join(', ')}`,
    },
  ];
  const each = keys.length === 0 ? '' : ` for each \`${keys.join(', ')}\``;
  return [{ edits, change: `counts persons${each} instead of showing rows` }];
}

function countGrouped({ tokens }: RefusedText): Rewrite {
  const select = outermostSelect(tokens);
  const dropped =
    select === null
      ? []
      : (['order by', 'limit', 'offset'] as const).flatMap((name) => {
          const clause = clauseOf(select, name);
          return clause === null ? [] : [withoutClause(select, clause)];
        });
  const last = tokens.at(-1)?.text === ';' ? tokens.at(-2) : tokens.at(-1);
  const start = { start: tokens[0]?.start ?? 0, end: tokens[0]?.start ?? 0, text: 'select count(*) as persons from (' };
  const end = { start: last?.end ?? 0, end: last?.end ?? 0, text: ') as persons' };
  return { edits: [start, ...dropped, end], change: 'counts the persons that the query names' };
}
