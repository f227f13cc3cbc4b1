// What auditors ask most, from entries alone: whoever has the leaves comes to the same.

/** An entry of the log: its place, and its leaf as it was parsed. */
export interface ReportEntry {
  readonly leafIndex: number;
  readonly kind: string;
  readonly at: string;
  readonly collaboration: string | null;
  readonly actor: { readonly member: string; readonly principal: string } | null;
  readonly subject: Readonly<Record<string, unknown>>;
}

/** A question, an audience or a match, over all of its entries that were read. */
export interface Touch {
  /** Empty for a price that was asked for alone. */
  readonly id: string;
  readonly what: string;
  readonly firstAt: string;
  readonly leafIndex: number;
  readonly collaboration: string;
  readonly who: string;
  readonly actingFor: string;
  /** How far it came: its last entry that says so. */
  readonly state: string;
  readonly columns: readonly string[];
  readonly rho: number;
}

/** Kinds of entry that say how far something came; what merely reads it is none of them. */
const STATES: Readonly<Record<string, string>> = {
  'question-submitted': 'submitted',
  'question-explained': 'explained',
  'question-admitted': 'admitted',
  'question-refused': 'refused',
  'question-cancelled': 'cancelled',
  'run-failed': 'failed',
  'release-made': 'released',
  'release-reused': 'released',
  'audience-defined': 'defined',
  'audience-refused': 'refused',
  'audience-estimated': 'estimated',
  'audience-activated': 'activated',
  'audience-delivered': 'delivered',
  'audience-revoked': 'revoked',
  'audience-refreshed': 'refreshed',
  'audience-scheduled': 'scheduled',
  'match-begun': 'begun',
  'match-reported': 'released',
  'match-estimated': 'released',
  'match-failed': 'failed',
};

/** Gathers entries by the question, audience or match that they are of, in order of the log. */
export function touchesOf(entries: Iterable<ReportEntry>): readonly Touch[] {
  const touches = new Map<string, Touch>();
  for (const entry of entries) {
    const { subject, actor, kind } = entry;
    const what = ['question', 'audience', 'match'].find((name) => typeof subject[name] === 'string');
    const id = what === undefined ? '' : textOf(subject[what]);
    if (id === '' && kind !== 'question-explained') continue;
    const key = id === '' ? String(entry.leafIndex) : id;
    const before = touches.get(key);
    touches.set(key, {
      id,
      what: what ?? 'price asked for',
      firstAt: before?.firstAt ?? entry.at,
      leafIndex: before?.leafIndex ?? entry.leafIndex,
      collaboration: entry.collaboration ?? '',
      who: before?.who ?? (actor === null ? '' : `${actor.member}/${actor.principal}`),
      actingFor: before?.actingFor || textOf(subject.actingFor),
      state: STATES[kind] ?? before?.state ?? '',
      columns: [...new Set([...(before?.columns ?? []), ...columnsOf(subject)])],
      rho: (before?.rho ?? 0) + (kind === 'budget-reserved' ? numberOf(subject.rho) : 0),
    });
  }
  return [...touches.values()];
}

/** Something that was refused: by what, and by whose rule. */
export interface RefusalReport {
  readonly leafIndex: number;
  readonly at: string;
  readonly collaboration: string;
  readonly who: string;
  readonly what: string;
  /** Rules, or the code where no rule was broken. */
  readonly why: readonly string[];
  /** The members whose rule, account or right it was; `galley` where it is everybody's. */
  readonly refusedBy: readonly string[];
  /** The account that was spent. */
  readonly account: string;
  /** How many alike ones the entry stands for. */
  readonly count: number;
}

/** Says of an entry what it refused; undefined when it refused nothing. */
export function refusalOf(entry: ReportEntry): RefusalReport | undefined {
  const { kind, subject, actor } = entry;
  if (!kind.endsWith('-refused')) return undefined;
  const violations = recordsOf(subject.violations);
  const rules = [...violations.map(({ rule }) => textOf(rule)), ...textsOf(subject.rules)];
  const owners = [...violations.map(({ owner }) => textOf(owner) || 'galley'), textOf(subject.owner)];
  const code = textOf(subject.code) || textOf(subject.reason) || textOf(subject.action);
  const member = actor?.member ?? textOf(subject.member);
  const principal = actor?.principal ?? textOf(subject.principal);
  const named = [...new Set(owners.filter((owner) => owner !== ''))];
  return {
    leafIndex: entry.leafIndex,
    at: entry.at,
    collaboration: entry.collaboration ?? '',
    who: member === '' ? '' : `${member}/${principal}`,
    what: kind.slice(0, -'-refused'.length),
    why: rules.length > 0 ? [...new Set(rules)] : [code],
    refusedBy: named.length > 0 ? named : ['galley'],
    account: textOf(subject.account),
    count: subject.count === undefined ? 1 : numberOf(subject.count),
  };
}

/** What was charged to an account within a span of time. */
export interface BudgetStep {
  readonly account: string;
  /** When the span begins; empty when there is only one. */
  readonly from: string;
  readonly charges: number;
  readonly rho: number;
  /** From the first entry that was read up to the end of the span. */
  readonly rhoSoFar: number;
  /** Releases of threshold mode, which are charged nothing and mark the account for ever. */
  readonly exact: number;
}

/** A span that charges are added up over. */
export type Span = 'hour' | 'day' | 'month' | 'all';

const SPAN_CHARS: Readonly<Record<Span, number>> = { hour: 13, day: 10, month: 7, all: 0 };

/** Adds charges up, account by account and span by span, in UTC. */
export function budgetSteps(entries: Iterable<ReportEntry>, span: Span): readonly BudgetStep[] {
  const steps = new Map<string, BudgetStep>();
  const soFar = new Map<string, number>();
  for (const { kind, at, subject } of entries) {
    if (kind !== 'budget-reserved') continue;
    const from = at.slice(0, SPAN_CHARS[span]);
    for (const account of textsOf(subject.accounts)) {
      const rhoSoFar = (soFar.get(account) ?? 0) + numberOf(subject.rho);
      soFar.set(account, rhoSoFar);
      const key = `${account} ${from}`;
      const before = steps.get(key);
      steps.set(key, {
        account,
        from,
        charges: (before?.charges ?? 0) + 1,
        rho: (before?.rho ?? 0) + numberOf(subject.rho),
        rhoSoFar,
        exact: (before?.exact ?? 0) + (subject.exact === true ? 1 : 0),
      });
    }
  }
  return [...steps.values()].toSorted((a, b) => compare(a.account, b.account) || compare(a.from, b.from));
}

function columnsOf(subject: ReportEntry['subject']): readonly string[] {
  return recordsOf(subject.touched).flatMap(({ table, columns }) =>
    textsOf(columns).map((column) => `${textOf(table)}.${column}`),
  );
}

function recordsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
