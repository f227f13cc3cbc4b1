import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FunctionVersion, functionDigest, parseSignature, signatureText } from './function-digest.ts';

const churn: FunctionVersion = {
  language: 'javascript',
  parameters: [
    { name: 'recency', kind: 'integer', values: null },
    { name: 'tier', kind: 'text', values: ['gold', 'silver'] },
  ],
  returns: { kind: 'number', scale: 3, min: 0n, max: 1_000n },
  code: Buffer.from('function churn(recency, tier) { return 0; }'),
};

describe('the digest of a scoring function', () => {
  it('is SHA-256 over language and signature as JSON, a zero byte and the code', () => {
    // By `printf '…\0…' | sha256sum`, as docs/functions.md says.
    expect(functionDigest(churn)).toBe('e4587f2b3e53d56de4ac84b03aa499195418a71fd2005929df785a56f93e9164');
  });

  it('is another one for another language, signature or code', () => {
    const others: FunctionVersion[] = [
      { ...churn, language: 'wasm' },
      { ...churn, parameters: churn.parameters.slice(0, 1) },
      { ...churn, parameters: churn.parameters.toReversed() },
      { ...churn, returns: { kind: 'number', scale: 3, min: 0n, max: 1_001n } },
      { ...churn, returns: { kind: 'label', labels: ['low', 'high'] } },
      { ...churn, code: Buffer.from('function churn(recency, tier) { return 1; }') },
    ];
    expect(new Set([churn, ...others].map(functionDigest)).size).toBe(others.length + 1);
  });
});

describe('a signature as it is stored', () => {
  it('reads as it was written, whole numbers of any size included', () => {
    const ends = fc.bigInt(-(2n ** 63n), 2n ** 63n);
    fc.assert(
      fc.property(ends, ends, fc.nat({ max: 9 }), fc.array(fc.string()), (min, max, scale, labels) => {
        const { parameters } = churn;
        for (const returns of [{ kind: 'number', scale, min, max } as const, { kind: 'label', labels } as const]) {
          expect(parseSignature(signatureText({ parameters, returns }))).toEqual({ parameters, returns });
        }
      }),
    );
  });
});
