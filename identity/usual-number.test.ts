import fc from 'fast-check';
import examples from 'libphonenumber-js/examples.mobile.json' with { type: 'json' };
import { type CountryCode, getCountries, getExampleNumber } from 'libphonenumber-js/max';
import { describe, expect, it } from 'vitest';
import { libraryNumber } from './phone.ts';
import { usualNumber } from './usual-number.ts';

const countries = getCountries();
const region = fc.option(fc.constantFrom(...countries), { nil: undefined });

/** Takes what the fast way says of a text, and holds it against the library. */
function expectSame(text: string, country: CountryCode | undefined): boolean {
  const usual = usualNumber(text, country);
  if (usual !== null) expect(usual, `${text} in ${country}`).toBe(libraryNumber(text, country));
  return usual !== null;
}

describe('a telephone number written as usual', () => {
  it('is what the library says it is, in every country and from every other', () => {
    let usualCount = 0;
    let exampleCount = 0;
    for (const country of countries) {
      const example = getExampleNumber(country, examples);
      if (example === undefined) continue;
      const forms = [example.number, example.formatInternational(), example.nationalNumber, example.formatNational()];
      for (const form of forms) expectSame(form, country === 'US' ? 'DE' : 'US');
      for (const form of forms) {
        exampleCount += 1;
        usualCount += Number(expectSame(form, country));
      }
    }
    // Nearly all, or it would not be worth having.
    expect(usualCount).toBeGreaterThan(exampleCount * 0.8);
  });

  it('stays so when its digits are changed', () =>
    fc.assert(
      fc.property(
        fc.constantFrom(...countries),
        region,
        fc.array(fc.tuple(fc.nat(14), fc.nat(9)), { maxLength: 4 }),
        fc.constantFrom('', '0', '00', '1', '8', '011', '+'),
        fc.nat(3),
        fc.boolean(),
        (country, asked, changes, before, cut, isNational) => {
          const example = getExampleNumber(country, examples);
          const digits = [...String((isNational ? example?.nationalNumber : example?.number.slice(1)) ?? '')];
          for (const [place, digit] of changes) if (place < digits.length) digits[place] = String(digit);
          const text = before + digits.slice(0, digits.length - cut).join('');
          expectSame(text, asked);
          expectSame(text, country);
        },
      ),
      { numRuns: 20_000 },
    ));

  it('may be any digits and signs', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('+', '0', '1', '49', '86', '7', '5', ' ', '(', ')', '-', '.', '44', '30'), {
          maxLength: 20,
        }),
        region,
        (parts, country) => {
          expectSame(parts.join(''), country);
        },
      ),
      { numRuns: 20_000 },
    ));
});
