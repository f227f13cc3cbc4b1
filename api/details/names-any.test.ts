import { describe, expect, it } from 'vitest';
import { digestIdentifier, type IdentifierKind } from '../../identity/index.ts';
import { namesAny } from './names-any.ts';

function persons(kind: IdentifierKind, written: string) {
  const digest = digestIdentifier(kind, written);
  if (digest === null) throw new Error(`${written} is no ${kind}`);
  return { identifiers: [{ kind, digests: [digest] }], regions: ['ES'] };
}

const ana = persons('email', 'ana.lopez@example.com');
const phone = persons('phone', '+34 600 123 456');
const anaDigest = Buffer.from(ana.identifiers[0]?.digests[0] ?? []);

describe('a question names a person', () => {
  it.each([
    ['in a literal', "select 1 where email = 'ana.lopez@example.com'", ana],
    ['however the identifier is written', "select 1 where email = '  Ana.Lopez@EXAMPLE.com '", ana],
    ['in quotes of names', 'select 1 as "ana.lopez@example.com"', ana],
    ['between dollars', 'select $tag$ana.lopez@example.com$tag$', ana],
    ['between dollars, among others', 'select $a$1$a$, $tag$ana.lopez@example.com$tag$, $$2$$', ana],
    ['in a comment', 'select 1 -- what about ana.lopez@example.com?', ana],
    ['in a text that is no SQL', "selekt 'ana.lopez@example.com' frm", ana],
    ['in a list', "select 1 where p in ('+34 600 000 000', '0034 600-123-456')", phone],
    ['as at home', "select 1 where p = '600 123 456'", phone],
    ['by the digest, in hexadecimal', `select 1 where d = '${anaDigest.toString('hex').toUpperCase()}'`, ana],
    ['by the digest, in base64', `select 1 where d = '${anaDigest.toString('base64')}'`, ana],
    ['by a number', 'select 1 where member = 4711', persons('member_id', '4711')],
  ] as const)('%s', async (_, sql, whom) => {
    expect(await namesAny(sql, whom)).toBe(true);
  });

  it.each([
    ['of another', "select 1 where email = 'ana.lopes@example.com'", ana],
    ['of nobody', 'select count(*) from m', ana],
    ['of the same text as another kind', "select 1 where email = 'ana.lopez@example.com'", phone],
  ] as const)('and not where the name is %s', async (_, sql, whom) => {
    expect(await namesAny(sql, whom)).toBe(false);
  });

  it('lets others on while it looks at a text made to take long', async () => {
    const numbers = Array.from({ length: 2_000 }, (_, i) => `'${600_100_000 + i}'`).join();
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    expect(await namesAny(`select ${numbers}`, phone)).toBe(false);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });
});
