import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { functions } from '../../proto/index.ts';
import { parseParameter, parseResult, signatureText } from './parse-signature.ts';

const { INTEGER, TEXT } = functions.ParameterKind;

describe('a parameter on the command line', () => {
  it('has a name and a kind, and a text the texts that the code knows', () => {
    expect(parseParameter('recency integer')).toEqual({ name: 'recency', kind: INTEGER, values: [] });
    expect(parseParameter('tier text(gold, silver,bronze)')).toEqual({
      name: 'tier',
      kind: TEXT,
      values: ['gold', 'silver', 'bronze'],
    });
    const { values } = parseParameter("city text('a, b','it''s', 'new york')");
    expect(values).toEqual(['a, b', "it's", 'new york']);
  });

  it.each(['recency', 'recency money', 'a text(b', 'a text(b,,c)', "a text('b)", '1', ''])(
    'is refused as `%s`',
    (written) => {
      expect(() => parseParameter(written)).toThrow();
    },
  );
});

describe('a result on the command line', () => {
  it('is a number with its digits and ends, in units of the last digit, or some labels', () => {
    const numberOf = (written: string) => parseResult(written).result?.value;
    expect(numberOf('number(3) between 0 and 1')).toEqual({ scale: 3, min: 0n, max: 1_000n });
    expect(numberOf('number between -5 and 5')).toEqual({ scale: 0, min: -5n, max: 5n });
    expect(numberOf('number(2) between -0.5 and 12.25')).toEqual({ scale: 2, min: -50n, max: 1_225n });
    expect(numberOf('label(low,mid,high)')).toEqual({ labels: ['low', 'mid', 'high'] });
  });

  it.each(['number', 'number(3)', 'number between 0 and 0.5', 'number(2) between a and b', 'label', 'text(a)', ''])(
    'is refused as `%s`',
    (written) => {
      expect(() => parseResult(written)).toThrow();
    },
  );
});

describe('a signature that is shown', () => {
  const word = fc.stringMatching(/^[a-z' ,()]{1,8}$/u).filter((text) => text.trim() === text);
  const words = fc.uniqueArray(word, { minLength: 1, maxLength: 4 });
  const units = fc.bigInt(-1_000_000n, 1_000_000n);

  it('reads as it was written', () => {
    fc.assert(
      fc.property(words, fc.nat({ max: 9 }), units, units, (values, scale, min, max) => {
        const parameters = [{ name: 'p', kind: TEXT, values }];
        const results: functions.FunctionResult[] = [
          { result: { $case: 'label', value: { labels: values } } },
          { result: { $case: 'number', value: { scale, min, max } } },
        ];
        for (const returns of results) {
          const one = functions.ScoringFunction.fromPartial({ parameters, returns });
          const [taken = '', given = ''] = signatureText(one).slice(1).split(') → ');
          expect(parseParameter(taken)).toEqual(parameters[0]);
          expect(parseResult(given)).toEqual(returns);
        }
      }),
    );
  });
});
