import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { KeptDecisions } from './kept-decisions.ts';
import { mapPolicies } from './policy-set.ts';

describe('decisions that are kept', () => {
  it('are made once for the same facts, and anew for any other', () => {
    const kept = new KeptDecisions();
    const made: string[] = [];
    const ask = (principal: string, facts: string) =>
      kept.decision(principal, facts, () => {
        made.push(`${principal} ${facts}`);
        return facts === 'member';
      });
    expect([ask('ana', 'member'), ask('ana', 'member'), ask('ana', 'suspended'), ask('bo', 'member')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(made).toEqual(['ana member', 'ana suspended', 'bo member']);
  });

  it('are forgotten, the oldest first, where there are many', () => {
    const kept = new KeptDecisions();
    let made = 0;
    const ask = (facts: number) => kept.decision('ana', String(facts), () => ++made > 0);
    for (let facts = 0; facts < 1_000; facts += 1) ask(facts);
    ask(999);
    expect(made).toBe(1_000);
    ask(0);
    expect(made).toBe(1_001);
  });

  it('leave a failure to be tried again', () => {
    const kept = new KeptDecisions();
    const failing = () => kept.decision('ana', 'facts', () => JSON.parse('{'));
    expect(failing).toThrow();
    expect(kept.decision('ana', 'facts', () => true)).toBe(true);
  });

  it('are of all questions that are alike: no policy names a question, or anything else, but by what is known of it', async () => {
    const text = await readFile(new URL('./galley.cedar', import.meta.url), 'utf8');
    const named = [...text.matchAll(/\b(\w+)::"/g)].map(([, type]) => type);
    expect(named.length).toBeGreaterThan(0);
    expect(new Set(named)).toEqual(new Set(['Action', 'Role']));
  });

  it('are of all times: no policy looks at the time but for a grant', async () => {
    const policies = mapPolicies(await readFile(new URL('./galley.cedar', import.meta.url), 'utf8'));
    const timed = Object.values(policies).filter((policy) => policy.includes('now_ms'));
    expect(timed.length).toBeGreaterThan(0);
    for (const policy of timed) {
      const text = policy.replaceAll(/\s+/g, ' ');
      const looks = text.split('now_ms').slice(0, -1);
      // What stands before the time, up to the brace of its condition, has asked for a grant.
      for (const [at] of looks.entries()) {
        const before = looks.slice(0, at + 1).join('now_ms');
        expect(before.slice(before.lastIndexOf('{'))).toMatch(/context has (?:audit_)?grant &&/);
      }
    }
  });
});
