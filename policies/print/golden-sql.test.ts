// Golden SQL: what each accepted question becomes, and why each refused one is. GALLEY_UPDATE=1 writes the expected
// files anew; read the difference before keeping it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadTable } from '../../test/support/load-table.ts';
import { assertAllows, assertDenies } from '../../test/support/policy-assertions.ts';
import { binsOf, rowsOf } from '../../test/support/run-plan.ts';
import { tables } from '../../test/support/tables.ts';
import type { ViolationRule } from '../check/catalogue.ts';
import { FUNCTION_NAMES } from '../check/functions.ts';
import { boundedByNothing } from '../plan/bounded-by.ts';
import { planQuestion } from '../plan/protected-plan.ts';
import { printAggregate } from './print-aggregate.ts';
import { printBounds } from './print-bounds.ts';
import { printOuter } from './print-outer.ts';

const testdata = new URL('../testdata/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, testdata), 'utf8');
const namesIn = (folder: string): readonly string[] =>
  readdirSync(new URL(folder, testdata))
    .filter((name) => name.endsWith('.sql') && !name.endsWith('.expected.sql'))
    .map((name) => name.slice(0, -'.sql'.length));
const page = readFileSync(new URL('../../docs/sql.md', import.meta.url), 'utf8');

/** One clause a line, so that a difference can be read. */
function inLines(sql: string): string {
  return sql
    .replaceAll(/ (?=(?:FROM|WHERE|GROUP BY|HAVING|LIMIT) )/g, '\n')
    .replaceAll(/\), (?=[bl] AS \()/g, '),\n')
    .replaceAll(') SELECT k', ')\nSELECT k')
    .replaceAll(') SELECT CAST', ')\nSELECT CAST');
}

async function printed(sql: string): Promise<string> {
  const query = await assertAllows(sql);
  const plan = planQuestion(query, { epsilon: 1, delta: 1e-6 });
  const counted = plan.aggregates.flatMap((a, i) => [
    ...a.bounds.map((b) => `-- bounds found behind the wall: ${i}\n${inLines(printBounds(b).sql)}\n`),
    `-- counted behind the wall: ${i}\n${inLines(printAggregate(boundedByNothing(a)).sql)}\n`,
  ]);
  return `${counted.join('\n')}\n-- asked of the release\n${inLines(printOuter(plan.outer))}\n`;
}

describe('accepted SQL', () => {
  it.each(namesIn('allow/'))('%s becomes the SQL beside it', async (name) => {
    const sql = read(`allow/${name}.sql`);
    expect(sql.startsWith('-- allowed\n')).toBe(true);
    const text = await printed(sql);
    if (process.env.GALLEY_UPDATE === '1') writeFileSync(new URL(`allow/${name}.expected.sql`, testdata), text);
    expect(text).toBe(read(`allow/${name}.expected.sql`));
  });

  it.each(namesIn('allow/'))('%s is taken by the engine, and by the outer engine', async (name) => {
    for (const table of tables) await loadTable(table, []);
    const { aggregates } = planQuestion(await assertAllows(read(`allow/${name}.sql`)), { epsilon: 1, delta: 1e-6 });
    for (const aggregate of aggregates) {
      for (const bounds of aggregate.bounds) expect(await binsOf(bounds)).toEqual([]);
      const rows = await rowsOf(boundedByNothing(aggregate));
      expect(rows.length).toBe(aggregate.keys.length === 0 ? 1 : 0);
    }
  });
});

describe('refused SQL', () => {
  it.each(namesIn('deny/'))('%s is refused by the rule in its first line', async (name) => {
    const sql = read(`deny/${name}.sql`);
    const rule = /^-- denied: ([a-z-]+)\n/.exec(sql)?.[1];
    await assertDenies(sql, rule as ViolationRule);
  });
});

describe('docs/sql.md', () => {
  const cell = (sql: string): string =>
    `\`${sql
      .slice(sql.indexOf('\n') + 1)
      .trim()
      .replaceAll('|', '\\|')}\``;

  it.each(['allow', 'deny'])('has a row with the SQL of each file in %s, and no row besides', (folder) => {
    const rows = page.split('\n').filter((line) => line.includes(`/testdata/${folder}/`) && line.startsWith('|'));
    const names = namesIn(`${folder}/`);
    expect(rows.map((row) => /\[([a-z-]+)\]\(\.\.\/policies[^)]*\.sql\)/.exec(row)?.[1]).toSorted()).toEqual(
      names.toSorted(),
    );
    for (const name of names) {
      const row = rows.find((r) => r.includes(`/${folder}/${name}.sql)`)) ?? '';
      expect(row).toContain(cell(read(`${folder}/${name}.sql`)));
      const rule = /^-- denied: ([a-z-]+)\n/.exec(read(`${folder}/${name}.sql`))?.[1];
      if (rule !== undefined) expect(row).toContain(`\`${rule}\``);
    }
  });

  it('lists exactly the functions that there are', () => {
    const list = /<!-- functions -->([\s\S]*)<!-- end of functions -->/.exec(page)?.[1] ?? '';
    expect([...list.matchAll(/`([a-z0-9_]+)`/g)].map((m) => m[1])).toEqual(FUNCTION_NAMES);
  });
});
