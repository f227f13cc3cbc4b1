// What an entry is found by. Pure: the same leaf gives the same words, so that an index that was lost is made again.
import type { Entry } from '../../../audit/index.ts';

/** Words of the form `name/value` that an entry is found by. */
export interface EntryTerms {
  readonly terms: readonly string[];
  /** Tables that it names, as `member.alias`; which dataset each is, earlier entries of the collaboration say. */
  readonly tables: readonly string[];
  /** Binds a table to a dataset from here on. */
  readonly binds: { readonly table: string; readonly dataset: string } | null;
  /** What later entries of the same question, audience, match or activation are found by too, under its id. */
  readonly carried: readonly { readonly id: string; readonly terms: readonly string[] }[];
  /** The ids whose earlier entries it is found by too. */
  readonly inheritsFrom: readonly string[];
  /** What it charged, in rho; 0 when it charged nothing. */
  readonly rho: number;
}

/** What a decision came to, as the index spells it. */
export type Outcome = 'admitted' | 'refused' | 'budget-spent';

/** Kinds of entry that say that something passed every rule. */
const ADMITTING: ReadonlySet<string> = new Set([
  'question-admitted',
  'audience-defined',
  'audience-activated',
  'match-begun',
  'match-reported',
  'function-submitted',
]);

/** Kinds of entry that say that a rule, a right or a form stood in the way; a failed login is no decision. */
const REFUSING: ReadonlySet<string> = new Set([
  'question-refused',
  'audience-refused',
  'match-refused',
  'function-refused',
  'upload-refused',
  'authorization-refused',
]);

/** Fields of a subject that name what an entry is about, by an id of its own. */
const ID_FIELDS = [
  'question',
  'audience',
  'activation',
  'model',
  'match',
  'size',
  'refresh',
  'dataset',
  'snapshot',
  'upload',
  'function',
  'grant',
  'erasure',
];

/** Those of them whose first entry says what all later ones are about. */
const CARRIERS = ['question', 'audience', 'match'];

/** Fields of a subject that name a member. */
const MEMBER_FIELDS = ['actingFor', 'member', 'grantee', 'grantor', 'auditorMember'];

/** Finds the words of an entry. */
export function termsOf(entry: Pick<Entry, 'kind' | 'actor' | 'collaboration' | 'subject'>): EntryTerms {
  const { kind, actor, collaboration, subject } = entry;
  const members = unique([...(actor === null ? [] : [actor.member]), ...membersIn(subject)]);
  const principals = unique([actor?.principal, subject.principal, subject.auditorPrincipal].filter(isText));
  const tables = unique([...tablesIn(subject), ...boundTable(entry)]);
  const touching = [
    ...tables.map((table) => `table/${table}`),
    ...columnsIn(subject).map((column) => `column/${column}`),
    ...datasetsIn(subject).map((dataset) => `dataset/${dataset}`),
    ...members.map((member) => `member/${member}`),
  ];
  const ids = [...textsOf(subject, ID_FIELDS), ...textsIn(subject.accounts)];
  const outcome = outcomeOf(entry);
  const destination = textsOf(subject, ['destination']).map((name) => `destination/${name}`);
  const activation = textsOf(subject, ['activation']);
  const carriers = textsOf(subject, CARRIERS);
  const rho = kind === 'budget-reserved' && typeof subject.rho === 'number' && subject.rho > 0 ? subject.rho : 0;
  return {
    terms: unique([
      `kind/${kind}`,
      ...(collaboration === null ? [] : [`collaboration/${collaboration}`]),
      ...touching,
      ...principals.map((principal) => `principal/${principal}`),
      ...rulesIn(subject).map((rule) => `rule/${rule}`),
      ...(outcome === null ? [] : [`outcome/${outcome}`]),
      ...destination,
      ...ids.map((id) => `subject/${id}`),
    ]),
    tables,
    binds: bindingOf(entry),
    carried: [
      // Only what describes it: whoever reads a release, or its decision, is not what the question is about.
      ...(DESCRIBING.has(kind) ? carriers.map((id) => ({ id, terms: touching })) : []),
      ...activation.map((id) => ({ id, terms: destination })),
    ].filter(({ terms }) => terms.length > 0),
    inheritsFrom: [...carriers, ...activation],
    rho,
  };
}

/** Kinds of entry that say what a question, an audience or a match is about. */
const DESCRIBING: ReadonlySet<string> = new Set([
  'question-submitted',
  'question-admitted',
  'question-refused',
  'budget-reserved',
  'audience-defined',
  'match-begun',
  'match-reported',
]);

/** What a decision that an entry tells of came to; `null` when it tells of none. */
export function outcomeOf({ kind, subject }: Pick<Entry, 'kind' | 'subject'>): Outcome | null {
  if (ADMITTING.has(kind)) return 'admitted';
  if (!REFUSING.has(kind)) return null;
  return subject.code === 'BUDGET_SPENT' ? 'budget-spent' : 'refused';
}

/** The rules that an entry names as broken, each once. */
export function rulesIn(subject: Entry['subject']): readonly string[] {
  const violations = recordsIn(subject.violations).map(({ rule }) => rule);
  return unique([...violations.filter(isText), ...textsIn(subject.rules)]);
}

/** The columns that an entry says are touched, as `member.alias.column`. */
export function columnsIn(subject: Entry['subject']): readonly string[] {
  const touched = recordsIn(subject.touched);
  return unique(touched.flatMap(({ table, columns }) => textsIn(columns).map((name) => `${String(table)}.${name}`)));
}

function tablesIn(subject: Entry['subject']): readonly string[] {
  const named = [...recordsIn(subject.tables), ...recordsIn(subject.touched)].map(({ table }) => table);
  return [...textsIn(subject.tables), ...named.filter(isText)];
}

function boundTable(entry: Pick<Entry, 'kind' | 'actor' | 'subject'>): readonly string[] {
  const binding = bindingOf(entry);
  return binding === null ? [] : [binding.table];
}

function bindingOf({ kind, actor, subject }: Pick<Entry, 'kind' | 'actor' | 'subject'>): EntryTerms['binds'] {
  if ((kind !== 'dataset-bound' && kind !== 'rules-changed') || actor === null) return null;
  const { alias, dataset } = subject;
  return isText(alias) && isText(dataset) ? { table: `${actor.member}.${alias}`, dataset } : null;
}

function datasetsIn(subject: Entry['subject']): readonly string[] {
  const owners = textsIn(subject.accounts).flatMap((account) => /^owner\/(.+)$/.exec(account)?.slice(1) ?? []);
  return unique([...textsOf(subject, ['dataset']), ...textsIn(subject.datasets), ...owners]);
}

function membersIn(subject: Entry['subject']): readonly string[] {
  const consumers = textsIn(subject.accounts).flatMap((account) => {
    return /^consumer\/[^/]+\/(.+)$/.exec(account)?.slice(1) ?? [];
  });
  const invited = recordsIn(subject.members).map(({ member }) => member);
  return [...textsOf(subject, MEMBER_FIELDS), ...invited.filter(isText), ...consumers];
}

function textsOf(subject: Entry['subject'], fields: readonly string[]): readonly string[] {
  return fields.map((field) => subject[field]).filter(isText);
}

function textsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter(isText) : [];
}

function recordsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  const isRecord = (one: unknown): one is Record<string, unknown> => typeof one === 'object' && one !== null;
  return Array.isArray(value) ? value.filter((one) => isRecord(one) && !Array.isArray(one)) : [];
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
