import type { EntryActor, EntryBody, EntryKind, JsonValue } from '../entry/index.ts';

/** One entry of the night, under a name by which tests find it. */
export interface Scene {
  readonly name: string;
  readonly entry: Omit<EntryBody, 'at'>;
}

/** Mechanisms that cost exactly 2^-6 rho and 2^-30 delta. */
export const NIGHT_MECHANISMS = {
  version: 1,
  events: [
    { kind: 'discrete-gaussian', groups: 1, squaredSensitivity: '1', statistics: 2, variance: '64' },
    { kind: 'selection', groups: 1, rho: '0', threshold: '40', delta: 2 ** -30 },
  ],
};
const PRICE = { rho: 2 ** -6, deltaSelection: 2 ** -30, exact: false };
const NOTHING = { version: 1, events: [] };
const BUDGET = { epsilon: 3, delta: 1e-6 };

const MEI = { principal: 'mei', member: 'noodle-house' };
const JUN = { principal: 'jun', member: 'dumpling-bar' };
const LIN = { principal: 'lin', member: 'data-wok' };

const TABLES = ['noodle-house.guests', 'dumpling-bar.orders'];
const RULED = [
  { table: 'noodle-house.guests', rulesDigest: 'guests-1', snapshot: 'snap-1' },
  { table: 'dumpling-bar.orders', rulesDigest: 'orders-1', snapshot: 'snap-2' },
];
const ACCOUNTS = ['owner/ds-1', 'owner/ds-2', 'collaboration/spring-menu', 'consumer/spring-menu/noodle-house'];

/**
 * A night in which everything happens that can let something out, each thing once and in its order: questions that are
 * released, fail, are answered from store, refused and cancelled, an audience from its size to its withdrawal, matches.
 */
export function lawfulNight(): Scene[] {
  return [...agreements(), ...questions(), ...audiences(), ...matches(), scene('stop', 'service-stopped', {}, null)];
}

function agreements(): Scene[] {
  const bound = (alias: string, dataset: string) => ({
    alias,
    dataset,
    public: false,
    rulesDigest: `${alias}-1`,
    rulesVersion: 1,
    budget: BUDGET,
  });
  const grant = { grant: 'grant-1', grantee: 'data-wok', abilities: ['query', 'activate'], tables: TABLES };
  const members = [
    { member: 'noodle-house', abilities: ['query'] },
    { member: 'dumpling-bar', abilities: [] },
  ];
  return [
    scene('start', 'service-started', {}, null),
    scene('create', 'collaboration-created', { members, budget: BUDGET, consumerBudget: BUDGET }),
    scene('accept', 'member-accepted', { member: 'dumpling-bar' }, JUN),
    scene('create guests', 'dataset-created', { dataset: 'ds-1' }),
    scene('create orders', 'dataset-created', { dataset: 'ds-2' }, JUN),
    scene('bind guests', 'dataset-bound', bound('guests', 'ds-1')),
    scene('bind orders', 'dataset-bound', bound('orders', 'ds-2'), JUN),
    scene('grant', 'grant-made', { ...grant, expiresAt: '2031-06-01T12:00:00.000Z' }),
  ];
}

function questions(): Scene[] {
  const submit = (question: string, actor = MEI) =>
    scene(`submit ${question}`, 'question-submitted', { question, actingFor: 'noodle-house' }, actor);
  const admit = (question: string, mechanisms: JsonValue, actor = MEI) =>
    scene(`admit ${question}`, 'question-admitted', { question, mechanisms, tables: RULED }, actor);
  const byIsv = { question: 'q-2', accounts: [...ACCOUNTS, 'consumer/spring-menu/data-wok'], ...PRICE };
  return [
    submit('q-1'),
    scene('reserve q-1', 'budget-reserved', { question: 'q-1', accounts: ACCOUNTS, ...PRICE }),
    admit('q-1', NIGHT_MECHANISMS),
    scene('release q-1', 'release-made', { question: 'q-1' }),
    scene('read q-1', 'release-read', { question: 'q-1' }),
    scene('train', 'model-trained', { model: 'mod-1', actingFor: 'noodle-house', tables: TABLES, questions: ['q-1'] }),
    submit('q-2', LIN),
    scene('reserve q-2', 'budget-reserved', byIsv, LIN),
    admit('q-2', NIGHT_MECHANISMS, LIN),
    scene('fail q-2', 'run-failed', { question: 'q-2' }, LIN),
    submit('q-3'),
    admit('q-3', NOTHING),
    scene('reuse q-3', 'release-reused', { question: 'q-3' }),
    submit('q-4'),
    scene('refuse q-4', 'question-refused', { question: 'q-4', code: 'BUDGET_SPENT' }),
    submit('q-5'),
    scene('reserve q-5', 'budget-reserved', { question: 'q-5', accounts: ACCOUNTS, ...PRICE }),
    admit('q-5', NIGHT_MECHANISMS),
    scene('cancel q-5', 'question-cancelled', { question: 'q-5' }),
  ];
}

function audiences(): Scene[] {
  const [audience, activation] = ['aud-1', 'act-1'];
  const sized = { audience, size: 'size-1', accounts: ACCOUNTS, ...PRICE };
  const changed = { rho: PRICE.rho, mechanisms: NIGHT_MECHANISMS };
  return [
    scene('register', 'destination-registered', { destination: 'mailer', terms: 'terms-1' }, JUN),
    scene('approve', 'destination-approved', { destination: 'mailer', terms: 'terms-1' }),
    scene('define', 'audience-defined', { audience, actingFor: 'noodle-house', tables: TABLES }, LIN),
    scene('reserve aud-1', 'budget-reserved', sized),
    scene('estimate', 'audience-estimated', { audience, rho: PRICE.rho, mechanisms: NIGHT_MECHANISMS }),
    scene('activate', 'audience-activated', { audience, activation, destination: 'mailer' }, LIN),
    scene('deliver', 'audience-delivered', { audience, activation, withdrawal: false }, null),
    scene('schedule', 'audience-scheduled', { audience, activation }),
    scene('reserve the refresh', 'budget-reserved', { ...sized, size: 'size-2' }),
    scene('refresh', 'audience-refreshed', { audience, activation, ...changed }, null),
    scene('revoke', 'audience-revoked', { audience, activation }),
    scene('withdraw', 'audience-delivered', { audience, activation, withdrawal: true }, null),
  ];
}

function matches(): Scene[] {
  const matched = { actingFor: 'noodle-house', tables: TABLES, mechanisms: NIGHT_MECHANISMS };
  return [
    scene('reserve m-1', 'budget-reserved', { match: 'm-1', accounts: ACCOUNTS, ...PRICE }),
    scene('begin m-1', 'match-begun', { match: 'm-1', ...matched }),
    scene('estimate m-1', 'match-estimated', { match: 'm-1' }),
    scene('reserve m-2', 'budget-reserved', { match: 'm-2', accounts: ACCOUNTS, ...PRICE }),
    scene('report m-2', 'match-reported', { match: 'm-2', ...matched }),
    scene('end grant', 'grant-revoked', { grant: 'grant-1', grantee: 'data-wok' }),
  ];
}

/** Makes a scene of the night's collaboration. */
export function scene(
  name: string,
  kind: EntryKind,
  subject: Record<string, JsonValue>,
  actor: EntryActor | null = MEI,
): Scene {
  const collaboration = kind.startsWith('service-') ? null : 'spring-menu';
  return { name, entry: { kind, subject, actor, collaboration } };
}

/** The entries of scenes, a second after each other. */
export function entriesOfScenes(scenes: readonly Scene[]): EntryBody[] {
  return scenes.map(({ entry }, second) => ({
    ...entry,
    at: new Date(Date.UTC(2031, 4, 1, 20, 0, second)).toISOString(),
  }));
}
