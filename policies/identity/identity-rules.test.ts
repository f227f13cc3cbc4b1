import { describe, expect, it } from 'vitest';
import { DEFAULT_IDENTITY_RULES, HOUSEHOLD_RANK, rankKinds, readIdentityRules } from './identity-rules.ts';

const faultsOf = (document: unknown) => {
  const read = readIdentityRules(document);
  return read.ok ? [] : read.faults.map((f) => f.path);
};

describe('identity rules', () => {
  it('hold where nothing is said', () => {
    expect(readIdentityRules({})).toEqual({ ok: true, rules: DEFAULT_IDENTITY_RULES });
  });

  it('are read as they are written', () => {
    const rules = { priority: ['email', 'custom:openid'], household: 'custom:address', unit: 'household' };
    expect(readIdentityRules(rules)).toEqual({ ok: true, rules });
  });

  it.each([
    [[], ['']],
    ['email', ['']],
    [{ priorities: [] }, ['/priorities']],
    [{ priority: 'email' }, ['/priority']],
    [{ priority: ['email', 'email'] }, ['/priority']],
    [{ priority: ['e-mail', 'custom:Open Id'] }, ['/priority/0', '/priority/1']],
    [{ household: 7 }, ['/household']],
    [{ household: 'phone' }, ['/household']],
    [{ unit: 'household' }, ['/household']],
    [{ unit: 'family' }, ['/unit']],
    [{ unit: 'family', priority: [1], household: 'x' }, ['/priority', '/household', '/unit']],
  ])('%j has its faults at %j', (document, paths) => {
    expect(faultsOf(document)).toEqual(paths);
  });
});

describe('the rank of a kind', () => {
  it('is its place in the list, then that of kinds nobody listed', () => {
    const rules = { priority: ['phone', 'custom:openid'] as const, household: null, unit: 'person' as const };
    const ranks = rankKinds(rules, ['custom:b', 'custom:a', 'email', 'custom:openid', 'phone', 'member_id']);
    const order = ['phone', 'custom:openid', 'member_id', 'email', 'custom:a', 'custom:b'];
    expect([...ranks].toSorted((a, b) => a[1] - b[1]).map(([kind]) => kind)).toEqual(order);
  });

  it('is the last of all for what names households', () => {
    const rules = { ...DEFAULT_IDENTITY_RULES, household: 'custom:address' as const };
    expect(rankKinds(rules, ['custom:address', 'email']).get('custom:address')).toBe(HOUSEHOLD_RANK);
  });
});
