import { checkQuestion, findRewrite, type ReleaseMode, type TableView, type Violation } from '../../policies/index.ts';
import { readSql } from './engine.ts';
import { scoringFunctions } from './scoring.ts';
import { tables as testTables } from './tables.ts';

/** A refusal as a merchant gets it: every violation, and a query that passes where one is known. */
export interface Refused {
  readonly violations: readonly Violation[];
  readonly passing: { readonly sql: string; readonly changes: readonly string[] } | null;
}

/** What a question is asked with, where it is other than the test tables, an epsilon of 1 and private mode. */
export interface AskedWith {
  readonly tables?: readonly TableView[];
  readonly epsilon?: number;
  readonly mode?: ReleaseMode;
}

/** What a question is refused for, with the query that would pass; nothing of both when it is allowed. */
export async function refusalWithRewrite(
  sql: string,
  { tables = testTables, epsilon = 1, mode = 'private' }: AskedWith = {},
): Promise<Refused> {
  const check = async (text: string) => {
    const read = await readSql(text);
    const options = { epsilon, omitIntervals: true, mode, functions: scoringFunctions };
    return read.ok ? checkQuestion(read.value, tables, options) : read;
  };
  const checked = await check(sql);
  if (checked.ok) return { violations: [], passing: null };
  return { violations: checked.violations, passing: await findRewrite(sql, checked.violations, check) };
}

/** A refusal in plain text: each violation with its place, help, and the query that would pass. */
export function refusalInWords(sql: string, { violations, passing }: Refused): string {
  const told = violations.flatMap(({ rule, owner, place, message, help }) => [
    `-- ${rule} (${owner ?? 'Galley'}) at ${place.line}:${place.column}, ${JSON.stringify(markedIn(sql, place))}`,
    `--   ${message}`,
    `--   help: ${help}`,
  ]);
  if (passing === null) return [...told, '-- no other query is known'].join('\n');
  return [...told, '-- write instead:', passing.sql, ...passing.changes.map((change) => `-- (${change})`)].join('\n');
}

function markedIn(sql: string, { line, column, length }: Violation['place']): string {
  const written = [...(sql.split('\n')[line - 1] ?? '')].slice(column - 1);
  return written.slice(0, Math.max(1, length)).join('');
}
