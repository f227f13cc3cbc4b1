// Decisions replay because policies/ is pure. Imports are held by the arrows (.dependency-cruiser.mjs); here, what no
// import shows: globals through which a clock, chance, the machine or the network could reach a decision.
import { describe, expect, it } from 'vitest';
import { files } from './tidy/repository.ts';

const sources = files.filter(({ path }) => /^policies\/.*\.ts$/.test(path) && !path.endsWith('.test.ts'));

/** Text without comments: a sentence may name what the code must not. */
function codeOf(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}

const IMPURE = [
  /\bDate\s*[.(]|\bnew Date\b/,
  /\bIntl\b|\.toLocale\w*\(|\.localeCompare\(/,
  /\bMath\.random\b/,
  /\bcrypto\b/,
  /\bperformance\b/,
  /\b(?:process|globalThis|global)\b\s*[.[]/,
  /\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/,
  /\bfetch\(/,
  /\b(?:eval|Function)\(/,
  /\bconsole\b/,
];

describe('policies/', () => {
  it('imports nothing from outside of itself', () => {
    const imported = sources.flatMap(({ path, text }) => {
      const targets = [
        ...text.matchAll(/^(?:import|export)\b[^;']*\bfrom '([^']+)'|\bimport\(\s*'?([^')]*)|^import '([^']+)'/gm),
      ].map(([, from, called, plain]) => from ?? called ?? plain ?? '');
      return targets.map((target) => ({ path, target, resolved: new URL(target, `file:///${path}`).pathname }));
    });
    expect(imported.length).toBeGreaterThan(100);
    expect(imported.filter((i) => !i.target.startsWith('.') || !i.resolved.startsWith('/policies/'))).toEqual([]);
  });

  it('names no clock, no chance, no machine and no network', () => {
    expect(sources.length).toBeGreaterThan(100);
    const found = sources.flatMap(({ path, text }) =>
      IMPURE.flatMap((pattern) => {
        const match = pattern.exec(codeOf(text));
        return match === null ? [] : [`${path}: ${match[0]}`];
      }),
    );
    expect(found).toEqual([]);
  });

  it('would be caught at each of them', () => {
    const impure = [
      'const now = Date.now()',
      'new Date()',
      'a.localeCompare(b)',
      'Math.random()',
      'crypto.randomUUID()',
      'performance.now()',
      'process.env.A',
      'setTimeout(f)',
      'fetch(url)',
      'eval(text)',
      'console.log(x)',
    ];
    expect(impure.filter((code) => !IMPURE.some((pattern) => pattern.test(codeOf(code))))).toEqual([]);
  });
});
