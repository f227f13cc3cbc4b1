import type { IdentifierKind } from '../collaboration/table-view.ts';
import { FaultCollector } from '../rules/fault-collector.ts';
import type { RulesFault } from '../rules/rules.ts';

/** Whom privacy is kept for, and who is counted. */
export type PrivacyUnit = 'person' | 'household';

/** How the members of a collaboration tell who is one person. */
export interface IdentityRules {
  /** Kinds of identifiers, the one that says most of who somebody is first. */
  readonly priority: readonly IdentifierKind[];
  /** The kind that names households; it never joins persons. */
  readonly household: IdentifierKind | null;
  readonly unit: PrivacyUnit;
}

/** The outcome of reading identity rules. */
export type ReadIdentityRules =
  | { readonly ok: true; readonly rules: IdentityRules }
  | { readonly ok: false; readonly faults: readonly RulesFault[] };

/** Kinds that need no agreement, in the order in which they say who somebody is: an account, an address, a thing. */
const NAMED_KINDS = ['member_id', 'email', 'phone', 'device_id', 'card_number'] as const;

/** What holds where nothing was set. */
export const DEFAULT_IDENTITY_RULES: IdentityRules = { priority: NAMED_KINDS, household: null, unit: 'person' };

/** The rank of the kind that names households: after all that name persons. */
export const HOUSEHOLD_RANK = 255;

/** Longest list of kinds: their ranks stay below that of households, with room for kinds that are not listed. */
const MAX_PRIORITY_KINDS = 64;

const CUSTOM_KIND = /^custom:[a-z_][a-z0-9_]{0,62}$/;

/** Tells whether a value names a kind of identifier. */
export function isIdentifierKind(value: unknown): value is IdentifierKind {
  return typeof value === 'string' && ((NAMED_KINDS as readonly string[]).includes(value) || CUSTOM_KIND.test(value));
}

/** Reads identity rules; every fault is found at once, each with its path in the document. */
export function readIdentityRules(document: unknown): ReadIdentityRules {
  const collect = new FaultCollector();
  const fields = collect.fields(document, '', ['priority', 'household', 'unit']);
  const { priority = NAMED_KINDS, household = null, unit = 'person' } = fields;
  const rules = {
    priority: readPriority(collect, priority),
    household: household === null ? null : readKind(collect, household, '/household'),
    unit: readUnit(collect, unit),
  };
  if (rules.household !== null && rules.priority.includes(rules.household)) {
    collect.fault('/household', 'must not be in `priority` too: a household is nobody');
  }
  if (rules.unit === 'household' && rules.household === null) {
    collect.fault('/household', 'must name the kind of identifier that names households');
  }
  return collect.faults.length === 0 ? { ok: true, rules } : { ok: false, faults: collect.faults };
}

function readPriority(collect: FaultCollector, value: unknown): readonly IdentifierKind[] {
  const words = collect.texts(value, '/priority');
  if (words.length > MAX_PRIORITY_KINDS) collect.fault('/priority', `must have at most ${MAX_PRIORITY_KINDS} kinds`);
  return words.map((word, index) => readKind(collect, word, `/priority/${index}`) ?? 'member_id');
}

function readKind(collect: FaultCollector, value: unknown, path: string): IdentifierKind | null {
  if (isIdentifierKind(value)) return value;
  collect.fault(path, `must be one of ${NAMED_KINDS.join(', ')} or \`custom:\` and a name`);
  return null;
}

function readUnit(collect: FaultCollector, value: unknown): PrivacyUnit {
  if (value === 'person' || value === 'household') return value;
  collect.fault('/unit', 'must be `person` or `household`');
  return 'person';
}

/**
 * The rank of each kind that is in use, lower first: as listed, then kinds that are not listed, those that need no
 * agreement before custom ones by name. Every kind has a rank, so that every row has somebody.
 */
export function rankKinds(
  { priority, household }: IdentityRules,
  kinds: Iterable<IdentifierKind>,
): ReadonlyMap<IdentifierKind, number> {
  const used = new Set(kinds);
  const customs = [...used].filter((kind) => kind.startsWith('custom:')).toSorted();
  const order = [...new Set<IdentifierKind>([...priority, ...NAMED_KINDS, ...customs])].filter(
    (kind) => kind !== household && used.has(kind),
  );
  if (order.length >= HOUSEHOLD_RANK) throw new RangeError('there are more kinds of identifiers than ranks');
  const ranks = new Map(order.map((kind, rank) => [kind, rank]));
  if (household !== null && used.has(household)) ranks.set(household, HOUSEHOLD_RANK);
  return ranks;
}
