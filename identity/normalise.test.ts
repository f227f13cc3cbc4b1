import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { normaliseIdentifier as normalise } from './normalise.ts';

describe('an e-mail address', () => {
  it.each([
    ['  Ana@Example.COM ', 'ana@example.com'],
    ['jane.doe+shop@gmail.com', 'janedoe@gmail.com'],
    ['JANE.Doe@Gmail.com', 'janedoe@gmail.com'],
    ['jane.doe+shop@example.com', 'jane.doe+shop@example.com'],
    ['jane.doe@mail.gmail.com', 'jane.doe@mail.gmail.com'],
    ['jöhn@exämple.de', 'jöhn@exämple.de'],
  ])('%j is %j', (text, expected) => {
    expect(normalise('email', text)).toBe(expected);
  });

  it.each([
    '',
    'ana',
    '@example.com',
    'ana@',
    'ana@example',
    'a b@example.com',
    'a@b@example.com',
    'a@.com',
    '+x@gmail.com',
    `${'a'.repeat(250)}@b.cd`,
  ])('%j is none', (text) => {
    expect(normalise('email', text)).toBeNull();
  });
});

describe('a telephone number', () => {
  it.each([
    ['030 901820', 'DE', '+4930901820'],
    ['+49 (30) 901820', undefined, '+4930901820'],
    ['00 49 30 901820', 'DE', '+4930901820'],
    ['(415) 555-2671', 'US', '+14155552671'],
    ['138 0013 8000', 'CN', '+8613800138000'],
  ])('%j in %s is %s', (text, region, expected) => {
    expect(normalise('phone', text, region)).toBe(expected);
  });

  it.each([
    ['030 901820', undefined],
    ['030 901820', 'XX'],
    ['12', 'DE'],
    ['+49 30 901820 ext. 5', 'DE'],
    ['call me', 'DE'],
    ['1'.repeat(100_000), 'DE'],
  ])('%j in %s is none', (text, region) => {
    expect(normalise('phone', text, region)).toBeNull();
  });
});

describe('a member id', () => {
  it('is trimmed and otherwise kept', () => {
    expect(normalise('member_id', ' 00Ab-7 ')).toBe('00Ab-7');
    expect(normalise('member_id', '   ')).toBeNull();
    expect(normalise('member_id', 'x'.repeat(257))).toBeNull();
  });
});

describe('every identifier', () => {
  it('has one form: normalising it again changes nothing', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('email', 'phone', 'member_id'),
        fc.oneof(fc.emailAddress(), fc.string()),
        (kind, text) => {
          const once = normalise(kind, text, 'DE');
          if (once !== null) expect(normalise(kind, once, 'DE')).toBe(once);
        },
      ),
    ));
});
