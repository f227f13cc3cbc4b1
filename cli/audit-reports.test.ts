import { describe, expect, it } from 'vitest';
import { budgetSteps, type ReportEntry, refusalOf, touchesOf } from './audit-reports.ts';

const at = (hour: number) => `2031-05-01T${String(hour).padStart(2, '0')}:30:00.000Z`;
const entry = (leafIndex: number, kind: string, subject: ReportEntry['subject'], actor = true): ReportEntry => ({
  leafIndex,
  kind,
  at: at(leafIndex),
  collaboration: 'col-1',
  actor: actor ? { member: 'lantu', principal: 'su' } : null,
  subject,
});

describe('what touched a column', () => {
  it('is gathered by question, with what it charged and how far it came', () => {
    const touched = [{ table: 'jiufang.outcomes', columns: ['city'] }];
    const touches = touchesOf([
      entry(1, 'question-submitted', { question: 'q-1', actingFor: 'chenxi', touched }),
      entry(2, 'question-explained', { touched }),
      entry(3, 'budget-reserved', { question: 'q-1', rho: 0.25 }),
      entry(4, 'release-made', { question: 'q-1' }, false),
      entry(5, 'decision-read', { question: 'q-1' }),
      entry(6, 'audience-defined', { audience: 'aud-1', actingFor: 'chenxi', touched }),
    ]);
    expect(touches).toMatchObject([
      { id: 'q-1', what: 'question', who: 'lantu/su', actingFor: 'chenxi', state: 'released', rho: 0.25, leafIndex: 1 },
      { id: '', what: 'price asked for', state: 'explained', rho: 0 },
      { id: 'aud-1', what: 'audience', state: 'defined', columns: ['jiufang.outcomes.city'] },
    ]);
  });
});

describe('a refusal', () => {
  it('says by whose rule, or by which account, or why a token was not taken', () => {
    const violations = [
      { rule: 'measure-is-permitted', owner: 'jiufang' },
      { rule: 'syntax-is-known', owner: '' },
      { rule: 'measure-is-permitted', owner: 'jiufang' },
    ];
    const byRule = refusalOf(entry(1, 'question-refused', { code: 'QUESTION_REFUSED', violations }));
    expect(byRule).toMatchObject({
      what: 'question',
      why: ['measure-is-permitted', 'syntax-is-known'],
      refusedBy: ['jiufang', 'galley'],
      count: 1,
    });
    const spent = { code: 'BUDGET_SPENT', account: 'owner/ds-1', owner: 'jiufang' };
    expect(refusalOf(entry(2, 'question-refused', spent))).toMatchObject({
      why: ['BUDGET_SPENT'],
      refusedBy: ['jiufang'],
      account: 'owner/ds-1',
    });
    const forged = refusalOf(entry(3, 'authentication-refused', { reason: 'bad-signature', count: 9 }, false));
    expect(forged).toMatchObject({ who: '', why: ['bad-signature'], refusedBy: ['galley'], count: 9 });
    expect(refusalOf(entry(4, 'release-made', { question: 'q-1' }))).toBeUndefined();
  });
});

describe('a budget over time', () => {
  const charge = (hour: number, accounts: string[], rho: number, exact = false) =>
    entry(hour, 'budget-reserved', { accounts, rho, exact });
  const charges = [
    charge(1, ['owner/a', 'collaboration/c'], 0.5),
    charge(1, ['owner/a'], 0.25),
    charge(3, ['owner/b'], 1),
    charge(4, ['owner/a'], 0, true),
  ];

  it('is added up account by account, in each span and up to its end', () => {
    expect(budgetSteps(charges, 'hour')).toEqual([
      { account: 'collaboration/c', from: '2031-05-01T01', charges: 1, rho: 0.5, rhoSoFar: 0.5, exact: 0 },
      { account: 'owner/a', from: '2031-05-01T01', charges: 2, rho: 0.75, rhoSoFar: 0.75, exact: 0 },
      { account: 'owner/a', from: '2031-05-01T04', charges: 1, rho: 0, rhoSoFar: 0.75, exact: 1 },
      { account: 'owner/b', from: '2031-05-01T03', charges: 1, rho: 1, rhoSoFar: 1, exact: 0 },
    ]);
    expect(budgetSteps(charges, 'all').map(({ account, rho }) => [account, rho])).toEqual([
      ['collaboration/c', 0.5],
      ['owner/a', 0.75],
      ['owner/b', 1],
    ]);
  });
});
