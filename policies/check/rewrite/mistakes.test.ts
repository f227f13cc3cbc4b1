// The mistakes that analysts bring from other warehouses, and what each is told. GALLEY_UPDATE=1 writes the expected
// page anew; read the difference before keeping it.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { refusalInWords, refusalWithRewrite } from '../../../test/support/refused.ts';

const page = new URL('../../testdata/mistakes.refused.sql', import.meta.url);
const mistakes = readFileSync(new URL('../../testdata/mistakes.sql', import.meta.url), 'utf8')
  .trim()
  .split(/\n\n(?=-- )/)
  .map((block) => [block.slice(3, block.indexOf('\n')), block.slice(block.indexOf('\n') + 1).trim()] as const);

/** Blocks of the expected page by the name of their mistake. */
function expected(): ReadonlyMap<string, string> {
  const blocks = readFileSync(page, 'utf8')
    .trim()
    .split(/\n\n(?=-- # )/);
  return new Map(blocks.map((block) => [block.slice(5, block.indexOf('\n')), block]));
}

describe('a mistake', () => {
  it('is told as the page of refusals says', async () => {
    const told: string[] = [];
    for (const [name, sql] of mistakes) {
      const refused = await refusalWithRewrite(sql);
      told.push(`-- # ${name}\n${sql}\n${refusalInWords(sql, refused)}`);
    }
    if (process.env.GALLEY_UPDATE === '1') writeFileSync(page, `${told.join('\n\n')}\n`);
    const known = expected();
    for (const block of told) expect(block).toBe(known.get(block.slice(5, block.indexOf('\n'))));
    expect(known.size).toBe(mistakes.length);
  });

  it.each(mistakes)('%s is told once at each place', async (_name, sql) => {
    const { violations } = await refusalWithRewrite(sql);
    expect(violations.length).toBeGreaterThan(0);
    const places = violations.map((v) => `${v.rule} ${v.place.line}:${v.place.column}`);
    expect(new Set(places).size).toBe(places.length);
  });
});
