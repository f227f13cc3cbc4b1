import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENTRY_VERSION } from '../../entry/entry.ts';
import type { EntryBody, JsonValue } from '../../entry/index.ts';
import { LogVerificationError } from '../../log-verification-error.ts';
import { entriesOfScenes, lawfulNight, NIGHT_MECHANISMS, type Scene, scene } from '../../testdata/lawful-night.ts';
import { add, again, by, change, drop, type Edit, move, placeOf } from '../../testdata/night-edits.ts';
import { LawfulHistory } from './lawful-history.ts';
import { UNDER_WAY_MS } from './subject.ts';

/** The first thing that is wrong with a history: its code and the entry it is at. */
function faultOf(bodies: readonly EntryBody[]): { code: string; leafIndex: number | null } | undefined {
  const history = new LawfulHistory();
  for (const [leafIndex, body] of bodies.entries()) {
    try {
      history.accept({ ...body, version: ENTRY_VERSION }, leafIndex);
    } catch (error) {
      if (!(error instanceof LogVerificationError)) throw error;
      return { code: error.code, leafIndex: error.leafIndex };
    }
  }
  return undefined;
}

const CHEAP = { version: 1, events: [{ ...NIGHT_MECHANISMS.events[0], variance: '128' }] } as JsonValue;
const ODD = { version: 1, events: [{ kind: 'laplace', scale: '3' }] };
const MEI_ALONE = ['collaboration/spring-menu', 'consumer/spring-menu/noodle-house'];
const WOK = { principal: 'lin', member: 'data-wok' };
const RULES = { alias: 'orders', dataset: 'ds-2', public: false, rulesVersion: 2, budget: { epsilon: 3, delta: 1e-6 } };

/** What is done to the lawful night, which promise that breaks, and at which scene it is found. */
const CRIMES: readonly (readonly [fact: string, edits: readonly Edit[], code: string, at: string])[] = [
  // Questions
  ['a question that nobody submitted is charged', [drop('submit q-1')], 'QUESTION_NOT_SUBMITTED', 'reserve q-1'],
  ['a question is submitted twice', [again('submit q-1')], 'QUESTION_REPEATED', 'submit q-1 again'],
  ['a stored release is admitted unasked', [drop('submit q-3')], 'QUESTION_NOT_SUBMITTED', 'admit q-3'],
  ['a question is admitted twice', [again('admit q-1')], 'QUESTION_REPEATED', 'admit q-1 again'],
  [
    'a question is charged twice',
    [(n) => n.toSpliced(placeOf(n, 'admit q-1'), 0, { ...(n[placeOf(n, 'reserve q-1')] as Scene), name: 'twin' })],
    'QUESTION_REPEATED',
    'twin',
  ],
  [
    'a release has no charge',
    [drop('reserve q-1'), change('admit q-1', { mechanisms: { version: 1, events: [] } })],
    'RELEASE_NOT_RESERVED',
    'release q-1',
  ],
  ['a release has no admission', [drop('admit q-1')], 'RELEASE_NOT_ADMITTED', 'release q-1'],
  ['a stored release has no admission', [drop('admit q-3')], 'RELEASE_NOT_ADMITTED', 'reuse q-3'],
  ['a release stands before its admission', [move('admit q-1', 'release q-1')], 'RELEASE_NOT_ADMITTED', 'release q-1'],
  ['a release names none', [change('release q-1', { question: 7 })], 'RELEASE_WITHOUT_QUESTION', 'release q-1'],
  ['a release is made twice', [again('release q-1')], 'QUESTION_REPEATED', 'release q-1 again'],
  ['a question is charged after its answer', [again('reserve q-1')], 'RESERVED_AFTER_RELEASE', 'reserve q-1 again'],
  ['a release is read that was not made', [drop('release q-1')], 'RELEASE_NOT_MADE', 'read q-1'],
  [
    'a release of a cancelled question is read',
    [add(scene('late', 'release-made', { question: 'q-5' })), add(scene('read', 'release-read', { question: 'q-5' }))],
    'RELEASE_NOT_MADE',
    'read',
  ],
  [
    'a failed question is released',
    [add(scene('late', 'release-made', { question: 'q-2' }))],
    'QUESTION_OUT_OF_ORDER',
    'late',
  ],
  [
    'a refused question is admitted',
    [add(scene('late', 'question-admitted', { question: 'q-4', mechanisms: { version: 1, events: [] }, tables: [] }))],
    'QUESTION_OUT_OF_ORDER',
    'late',
  ],
  [
    'a question is refused after its charge',
    [add(scene('late', 'question-refused', { question: 'q-1' }))],
    'QUESTION_OUT_OF_ORDER',
    'late',
  ],
  // Matches
  ['a match begins before its charge', [drop('reserve m-1')], 'MATCH_NOT_RESERVED', 'begin m-1'],
  ['a match ends that never began', [drop('begin m-1')], 'MATCH_NOT_BEGUN', 'estimate m-1'],
  ['a match ends twice', [again('estimate m-1')], 'MATCH_OUT_OF_ORDER', 'estimate m-1 again'],
  ['a match is charged after its end', [again('reserve m-1')], 'RESERVED_AFTER_RELEASE', 'reserve m-1 again'],
  ['a match is reported before its charge', [drop('reserve m-2')], 'MECHANISMS_NOT_RESERVED', 'report m-2'],
  ['a match is reported twice', [again('report m-2')], 'MATCH_OUT_OF_ORDER', 'report m-2 again'],
  // Audiences
  ['an audience is sized before it is defined', [drop('define')], 'AUDIENCE_NOT_DEFINED', 'reserve aud-1'],
  ['an audience is defined twice', [again('define')], 'AUDIENCE_OUT_OF_ORDER', 'define again'],
  ['an audience is activated before a size of it is known', [drop('estimate')], 'ACTIVATION_NOT_SIZED', 'activate'],
  ['an audience is delivered without an activation', [drop('activate')], 'DELIVERY_NOT_ACTIVATED', 'deliver'],
  [
    'an activation is delivered under another audience',
    [change('deliver', { audience: 'aud-2' })],
    'DELIVERY_NOT_ACTIVATED',
    'deliver',
  ],
  ['an activation is made twice', [again('activate')], 'AUDIENCE_OUT_OF_ORDER', 'activate again'],
  // Grants
  ['somebody asks for who granted nothing', [drop('grant'), drop('end grant')], 'GRANT_MISSING', 'submit q-2'],
  [
    'a grant does not reach a table',
    [change('grant', { tables: ['noodle-house.guests'] })],
    'GRANT_MISSING',
    'admit q-2',
  ],
  ['a grant has another ability', [change('grant', { abilities: ['query'] })], 'GRANT_MISSING', 'define'],
  ['a grant is revoked that was never made', [change('end grant', { grant: 'grant-9' })], 'GRANT_MISSING', 'end grant'],
  [
    'a grant has expired long ago',
    [change('grant', { expiresAt: '2031-05-01T12:00:00.000Z' })],
    'GRANT_ENDED',
    'submit q-2',
  ],
  // Agreements
  ['a table is bound over data of another', [by('create orders', WOK)], 'DATASET_NOT_OWNED', 'bind orders'],
  ['a table is bound over data that nobody has brought', [drop('create orders')], 'DATASET_NOT_OWNED', 'bind orders'],
  [
    'a model is made of what was never released',
    [change('train', { questions: ['q-9'] })],
    'MODEL_NOT_RELEASED',
    'train',
  ],
  ['a model is made of nothing', [change('train', { questions: [] })], 'MODEL_NOT_RELEASED', 'train'],
  ['a table is used that nobody bound', [change('bind orders', { alias: 'menus' })], 'TABLE_NOT_BOUND', 'admit q-1'],
  ['a table is used whose owner has not accepted', [drop('accept')], 'OWNER_NOT_ACCEPTED', 'admit q-1'],
  [
    'a table is used under rules that were never set',
    [change('bind orders', { rulesDigest: 'orders-0' })],
    'RULES_NOT_IN_FORCE',
    'admit q-1',
  ],
  ['a collaboration was never created', [drop('create')], 'COLLABORATION_UNKNOWN', 'accept'],
  ['a collaboration is created twice', [again('create')], 'COLLABORATION_REPEATED', 'create again'],
  // The ledger
  ['mechanisms run that were not charged', [drop('reserve q-1')], 'MECHANISMS_NOT_RESERVED', 'admit q-1'],
  [
    'a stored release runs mechanisms after all',
    [change('admit q-3', { mechanisms: NIGHT_MECHANISMS })],
    'MECHANISMS_NOT_RESERVED',
    'admit q-3',
  ],
  ['a size is released that was not charged', [drop('reserve aud-1')], 'MECHANISMS_NOT_RESERVED', 'estimate'],
  [
    'a question is charged less than it costs',
    [change('reserve q-1', { rho: 2 ** -7 })],
    'CHARGE_NOT_OF_MECHANISMS',
    'admit q-1',
  ],
  [
    'a question is charged no delta',
    [change('reserve q-1', { deltaSelection: 0 })],
    'CHARGE_NOT_OF_MECHANISMS',
    'admit q-1',
  ],
  [
    'a charge hides that its release is exact',
    [change('admit q-1', { mechanisms: { version: 1, events: [...NIGHT_MECHANISMS.events, { kind: 'exact' }] } })],
    'CHARGE_NOT_OF_MECHANISMS',
    'admit q-1',
  ],
  [
    'an audience is charged less than it costs',
    [change('reserve aud-1', { rho: 2 ** -7 })],
    'CHARGE_NOT_OF_MECHANISMS',
    'estimate',
  ],
  [
    'a match costs more than was charged',
    [change('reserve m-1', { rho: 2 ** -7 })],
    'CHARGE_NOT_OF_MECHANISMS',
    'begin m-1',
  ],
  [
    'a match costs less than was charged',
    [change('begin m-1', { mechanisms: CHEAP })],
    'CHARGE_NOT_OF_MECHANISMS',
    'begin m-1',
  ],
  ['an unknown mechanism ran', [change('admit q-1', { mechanisms: ODD })], 'CHARGE_UNREADABLE', 'admit q-1'],
  ['a charge is negative', [change('reserve q-1', { rho: -1 })], 'CHARGE_UNREADABLE', 'reserve q-1'],
  ['a charge is a part of a unit', [change('reserve q-1', { rho: 2 ** -45 })], 'CHARGE_UNREADABLE', 'reserve q-1'],
  ['a charge is to nobody', [change('reserve q-1', { accounts: [] })], 'CHARGE_UNREADABLE', 'reserve q-1'],
  ['a charge is for two things', [change('reserve q-1', { match: 'm-3' })], 'CHARGE_UNREADABLE', 'reserve q-1'],
  [
    'a charge leaves the collaboration out',
    [change('reserve q-1', { accounts: ['owner/ds-1', 'owner/ds-2', 'consumer/spring-menu/noodle-house'] })],
    'CHARGE_MISSES_ACCOUNT',
    'reserve q-1',
  ],
  ['a charge leaves the asker out', [by('reserve q-1', WOK)], 'CHARGE_MISSES_ACCOUNT', 'reserve q-1'],
  [
    'a charge leaves out whom it is asked for',
    [
      change('reserve q-2', {
        accounts: ['owner/ds-1', 'owner/ds-2', 'collaboration/spring-menu', 'consumer/spring-menu/data-wok'],
      }),
    ],
    'CHARGE_MISSES_ACCOUNT',
    'reserve q-2',
  ],
  [
    'a charge leaves an owner out',
    [change('reserve q-1', { accounts: [...MEI_ALONE, 'owner/ds-1'] })],
    'CHARGE_MISSES_ACCOUNT',
    'admit q-1',
  ],
  [
    'a match leaves an owner out',
    [change('reserve m-1', { accounts: [...MEI_ALONE, 'owner/ds-1'] })],
    'CHARGE_MISSES_ACCOUNT',
    'begin m-1',
  ],
  [
    'an account without a limit is charged',
    [change('reserve q-1', { accounts: [...MEI_ALONE, 'owner/ds-1', 'owner/ds-2', 'owner/ds-9'] })],
    'ACCOUNT_UNKNOWN',
    'reserve q-1',
  ],
  [
    'an account bears more than its limit',
    [change('bind orders', { budget: { epsilon: 0.5, delta: 1e-6 } })],
    'ACCOUNT_OVERSPENT',
    'reserve q-1',
  ],
  [
    'an account bears more deltas than its limit',
    [change('bind orders', { budget: { epsilon: 3, delta: 2 ** -29 } })],
    'ACCOUNT_OVERSPENT',
    'reserve q-2',
  ],
  [
    'a match is charged twice',
    [(n) => n.toSpliced(placeOf(n, 'begin m-1'), 0, { ...(n[placeOf(n, 'reserve m-1')] as Scene), name: 'twin' })],
    'CHARGE_REPEATED',
    'twin',
  ],
  [
    'a size is charged twice',
    [(n) => n.toSpliced(placeOf(n, 'estimate'), 0, { ...(n[placeOf(n, 'reserve aud-1')] as Scene), name: 'twin' })],
    'CHARGE_REPEATED',
    'twin',
  ],
  [
    'a charge is told again after a crash, and differently',
    [
      (n) =>
        n.toSpliced(
          placeOf(n, 'admit q-1'),
          0,
          scene(
            'told',
            'budget-reserved',
            { ...(n[placeOf(n, 'reserve q-1')] as Scene).entry.subject, rho: 2 ** -7 },
            null,
          ),
        ),
    ],
    'CHARGE_REPEATED',
    'told',
  ],
  ['a delivery names no activation', [change('deliver', { activation: 7 })], 'SUBJECT_UNREADABLE', 'deliver'],
  ['a grant says nothing of its end', [change('grant', { expiresAt: 'soon' })], 'SUBJECT_UNREADABLE', 'grant'],
  ['a collaboration says nothing of its budget', [change('create', { budget: 3 })], 'SUBJECT_UNREADABLE', 'create'],
];

describe('a history that the operator wrote and signed', () => {
  it('is lawful when everything happened in its order', () => {
    expect(faultOf(entriesOfScenes(lawfulNight()))).toBeUndefined();
  });

  it.each(CRIMES)('is found out when %s', (_, edits, code, at) => {
    const scenes = edits.reduce((night, edit) => edit(night), lawfulNight());
    expect(faultOf(entriesOfScenes(scenes))).toEqual({ code, leafIndex: placeOf(scenes, at) });
  });

  it('is found out when an entry is dated back', () => {
    const entries = entriesOfScenes(lawfulNight());
    const earlier = { ...(entries[9] as EntryBody), at: '2031-05-01T19:00:00.000Z' };
    expect(faultOf(entries.with(9, earlier))).toEqual({ code: 'ENTRY_BACKDATED', leafIndex: 9 });
  });
});

/** The night, and some scenes so long after its end. */
function muchLater(afterMs: number, ...late: readonly Scene[]): EntryBody[] {
  const night = entriesOfScenes(lawfulNight());
  const endMs = Date.parse(night.at(-1)?.at ?? '');
  const at = new Date(endMs + afterMs).toISOString();
  return [...night, ...late.map(({ entry }) => ({ ...entry, at }))];
}

describe('what was under way when its permission ended', () => {
  const end = lawfulNight().length;
  const asked = scene('late', 'question-submitted', { question: 'q-9', actingFor: 'noodle-house' }, WOK);
  const delivered = scene(
    'late',
    'audience-delivered',
    { audience: 'aud-1', activation: 'act-1', withdrawal: false },
    null,
  );
  const admitted = scene('late', 'question-admitted', {
    question: 'q-8',
    mechanisms: { version: 1, events: [] },
    tables: [{ table: 'dumpling-bar.orders', rulesDigest: 'orders-1' }],
  });
  const submitted = scene('submit q-8', 'question-submitted', { question: 'q-8', actingFor: 'noodle-house' });
  const replaced = scene(
    'replace',
    'rules-changed',
    { ...RULES, rulesDigest: 'orders-2' },
    { principal: 'jun', member: 'dumpling-bar' },
  );

  it('may be told of shortly after, and not long after', () => {
    expect(faultOf(muchLater(1_000, asked))).toBeUndefined();
    expect(faultOf(muchLater(UNDER_WAY_MS, asked))).toEqual({ code: 'GRANT_ENDED', leafIndex: end });
    expect(faultOf(muchLater(1_000, delivered))).toBeUndefined();
    expect(faultOf(muchLater(UNDER_WAY_MS, delivered))).toEqual({ code: 'DELIVERY_AFTER_REVOCATION', leafIndex: end });
  });

  it('may run under the rules before the newest for as long, and no longer', () => {
    const soon = muchLater(0, replaced, submitted, admitted);
    expect(faultOf(soon)).toBeUndefined();
    const last = soon.at(-1) as EntryBody;
    const at = new Date(Date.parse(last.at) + UNDER_WAY_MS + 1).toISOString();
    expect(faultOf(soon.with(-1, { ...last, at }))).toEqual({ code: 'RULES_NOT_IN_FORCE', leafIndex: end + 2 });
  });
});

describe('orders that look odd and are lawful', () => {
  const lawful: readonly (readonly [string, Edit])[] = [
    [
      'a charge that is told again after a crash',
      (n) =>
        n.toSpliced(placeOf(n, 'admit q-1'), 0, {
          ...(n[placeOf(n, 'reserve q-1')] as Scene),
          name: 'told',
          entry: { ...(n[placeOf(n, 'reserve q-1')] as Scene).entry, actor: null },
        }),
    ],
    ['a run that ended while it was cancelled', add(scene('late', 'release-made', { question: 'q-5' }))],
    [
      'a release whose service died before it could be read',
      (n) => add(scene('late', 'run-failed', { question: 'q-1' }, null))(drop('read q-1')(n)),
    ],
    ['a withdrawal by an erasure, without a revocation', drop('revoke')],
    [
      'a delivery that is told twice',
      (n) => n.toSpliced(placeOf(n, 'revoke'), 0, { ...(n[placeOf(n, 'deliver')] as Scene), name: 'told' }),
    ],
    ['a match that nobody waited for', change('estimate m-1', {}, 'match-failed')],
    [
      'a size that failed before another one was released',
      (n) =>
        n.toSpliced(placeOf(n, 'estimate'), 0, {
          ...(n[placeOf(n, 'reserve aud-1')] as Scene),
          name: 'more',
          entry: {
            ...(n[placeOf(n, 'reserve aud-1')] as Scene).entry,
            subject: { ...(n[placeOf(n, 'reserve aud-1')] as Scene).entry.subject, size: 'size-0' },
          },
        }),
    ],
  ];

  it.each(lawful)('%s', (_, edit) => {
    expect(faultOf(entriesOfScenes(edit(lawfulNight())))).toBeUndefined();
  });

  it('count once what is told twice', () => {
    const [, edit] = lawful[0] as (typeof lawful)[number];
    const sums = [lawfulNight(), edit(lawfulNight())].map((scenes) => {
      const history = new LawfulHistory();
      for (const [index, body] of entriesOfScenes(scenes).entries())
        history.accept({ ...body, version: ENTRY_VERSION }, index);
      return history.accounts.get('collaboration/spring-menu');
    });
    expect(sums[0]).toEqual({ rho: 7 * 2 ** -6, delta: 7 * 2 ** -30, isExact: false, chargeCount: 7 });
    expect(sums[1]).toEqual(sums[0]);
  });
});

describe('any entry of the night', () => {
  it('cannot be told twice in a row without being found out, where it lets something out or charges for it', () => {
    const night = lawfulNight();
    const exits = night.filter(({ name }) =>
      /^(submit|reserve|admit|release|reuse|define|activate|begin|report)/.test(name),
    );
    fc.assert(
      fc.property(fc.constantFrom(...exits), (twin) => {
        const scenes = night.toSpliced(placeOf(night, twin.name), 0, { ...twin, name: 'twin' });
        const place = placeOf(night, twin.name);
        expect(faultOf(entriesOfScenes(scenes))).toMatchObject({ leafIndex: place + 1 });
      }),
    );
  });
});
