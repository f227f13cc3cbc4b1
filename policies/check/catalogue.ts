import { MIN_BLUR_EPSILON } from '../rules/rules.ts';
import { placeOf, type SourcePlace } from '../syntax/source-place.ts';
import { nearestName } from './rewrite/nearest-name.ts';

/** A list of all functions teaches nobody: a longer list is the page's to give. */
const MAX_LISTED_NAME_COUNT = 12;

/**
 * Every rule a question can break: a closed list. The name of a rule is its code in the refusal, the anchor in
 * docs/violations.md and the name in the tests.
 */
export const violationCatalogue = {
  'statement-is-one-select': {
    message: (p: { found: string }) => `the statement is ${p.found}`,
    help: (p: { instead?: string }) => p.instead ?? 'write one SELECT statement, without a second statement after it',
  },
  'syntax-is-known': {
    message: (p: { construct: string }) => `\`${p.construct}\` is not part of the SQL that Galley can protect`,
    help: (p: { construct: string; instead?: string }) =>
      p.instead ?? 'see the table of accepted SQL in docs/sql.md, and write it with those parts',
  },
  'table-is-bound': {
    message: (p: { table: string }) => `table \`${p.table}\` is not bound in this collaboration`,
    help: (p: { table: string; tables: readonly string[] }) =>
      p.tables.length > 0 ? useOneOf(p.table, p.tables) : 'ask an owner to bind a dataset first',
  },
  'column-is-known': {
    message: (p: { column: string; isAmbiguous?: boolean }) =>
      p.isAmbiguous === true
        ? `column \`${p.column}\` names more than one column here`
        : `column \`${p.column}\` is not known here`,
    help: (p: { column: string; columns: readonly string[]; instead?: string }) =>
      p.instead ?? useOneOf(p.column, p.columns),
  },
  'function-is-permitted': {
    message: (p: { function: string }) => `function \`${p.function}\` is not permitted`,
    help: (p: { function: string; functions: readonly string[]; instead?: string }) =>
      p.instead ?? useOneOf(p.function, p.functions),
  },
  'types-match': {
    message: (p: { construct: string; found: string }) => `\`${p.construct}\` does not take ${p.found}`,
    help: (p: { expected: string }) => p.expected,
  },
  'join-uses-match-key': {
    message: (p: { table: string }) => `\`${p.table}\` is not joined on the person`,
    help: (p: { example: string }) => `join with an equality of identity columns: ${p.example}`,
  },
  'join-is-bounded': {
    message: (p: { rows: number; maximum: number }) =>
      `one person may have ${p.rows} rows in this join, over the ${p.maximum} that can be protected`,
    help: () => 'join fewer tables with many rows a person, or aggregate one of them by itself',
  },
  'identity-stays-inside': {
    message: (p: { column: string }) => `identity column \`${p.column}\` may only join tables and be counted`,
    help: (p: { column: string; isGrouped?: boolean; identity?: string }) =>
      p.isGrouped === true
        ? 'count or add up these persons in a query around this one: `select count(*) from (…) as persons`'
        : `use it in a join condition or in count(distinct ${p.identity ?? p.column})`,
  },
  'output-is-aggregated': {
    message: (p: { column: string; groupKeys: readonly string[] }) =>
      isAmong(p.column, p.groupKeys)
        ? `output column \`${p.column}\` is neither aggregated nor named in GROUP BY`
        : `output column \`${p.column}\` is not aggregated and is not a permitted group key`,
    help: (p: { column: string; groupKeys: readonly string[]; identity?: string }) => {
      if (isAmong(p.column, p.groupKeys)) return `add ${p.column} to GROUP BY`;
      const aggregate = `wrap it in an aggregate such as count(distinct ${p.identity ?? '…'})`;
      return p.groupKeys.length > 0 ? `${aggregate}, or group by one of: ${p.groupKeys.join(', ')}` : aggregate;
    },
  },
  'group-key-is-permitted': {
    message: (p: { column: string }) => `\`${p.column}\` is not a permitted group key`,
    help: (p: { groupKeys: readonly string[] }) =>
      p.groupKeys.length > 0 ? `group by one of: ${p.groupKeys.join(', ')}` : 'ask the owner to permit a group key',
  },
  'filter-is-permitted': {
    message: (p: { column: string }) => `\`${p.column}\` may not be used to filter`,
    help: (p: { filters: readonly string[] }) =>
      p.filters.length > 0 ? `filter by one of: ${p.filters.join(', ')}` : 'remove the filter',
  },
  'measure-is-permitted': {
    message: (p: { column: string }) => `\`${p.column}\` may not be aggregated`,
    help: (p: { measures: readonly string[] }) =>
      p.measures.length > 0 ? `aggregate one of: ${p.measures.join(', ')}` : 'count persons instead',
  },
  'aggregate-is-permitted': {
    message: (p: { aggregate: string }) => `aggregate \`${p.aggregate}\` is not permitted`,
    help: (p: { aggregates: readonly string[] }) => `use one of: ${p.aggregates.join(', ')}`,
  },
  'sum-is-bounded': {
    message: (p: { expression: string }) => `\`${p.expression}\` has no bound for one person`,
    help: (p: { expression: string; low?: number; high?: number }) =>
      `write ${p.expression}(clamp(…, ${p.low ?? 'low'}, ${p.high ?? 'high'})), or ${p.expression}(auto_clamp(…)) to have bounds found at a part of the price, or ask the owner to declare \`min\` and \`max\` of the measure`,
  },
  'limit-is-after-release': {
    message: (p: { clause: string }) => `${p.clause} stands below the aggregation`,
    help: () => 'move it to the outermost SELECT, where it works on released values',
  },
  'released-query-is-sound': {
    message: () => 'the engine does not take the query over the released values',
    help: () =>
      'check the types of function arguments, and that what a subquery names of the query around it is grouped or aggregated there',
  },
  'epsilon-is-permitted': {
    message: (p: { epsilon: number; minimum: number; maximum: number }) =>
      p.epsilon > p.maximum
        ? `epsilon ${p.epsilon} is over the ${p.maximum} that one question may spend`
        : `epsilon ${p.epsilon} is under the ${p.minimum} that a question must spend`,
    help: (p: { minimum: number; maximum: number }) => `ask with an epsilon from ${p.minimum} to ${p.maximum}`,
  },
  'threshold-is-permitted': {
    message: (p: { table: string }) => `\`${p.table}\` permits no exact aggregates, which threshold mode releases`,
    help: (p: { owner: string }) => `ask in private mode, or ask ${p.owner} to set \`threshold\` in the rules`,
  },
  'threshold-can-protect': {
    message: (p: { construct: string }) => `${p.construct} cannot be protected in threshold mode`,
    help: (p: { instead: string }) => p.instead,
  },
  'threshold-history-is-bounded': {
    message: (p: { earlier: number; maximum: number }) =>
      `${p.earlier} earlier exact aggregations would be compared with this, over the maximum of ${p.maximum}`,
    help: () => 'ask in private mode; what has left in threshold mode is never forgotten',
  },
  'audience-selects-persons': {
    message: (p: { found: string }) => `an audience selects one identity column, not ${p.found}`,
    help: (p: { example: string }) => `write SELECT ${p.example} FROM … WHERE …`,
  },
  'audience-column-is-permitted': {
    message: (p: { column: string }) => `\`${p.column}\` may not define an audience`,
    help: (p: { columns: readonly string[] }) =>
      p.columns.length > 0 ? `define it by one of: ${p.columns.join(', ')}` : 'the owner permits no audiences',
  },
  'audience-is-large-enough': {
    message: (p: { persons: string; minimum: number }) =>
      `the protected size of the audience, ${p.persons}, is under the minimum of ${p.minimum} persons`,
    help: () => 'widen the conditions and define it anew',
  },
  'destination-is-permitted': {
    message: (p: { destination: string }) => `audiences from these tables may not go to \`${p.destination}\``,
    help: (p: { destinations: readonly string[] }) =>
      p.destinations.length > 0
        ? `activate to one of: ${p.destinations.join(', ')}`
        : 'ask the owner to permit the destination in its rules',
  },
  'destination-knows-the-person': {
    message: (p: { destination: string }) => `no table of the audience names its persons to \`${p.destination}\``,
    help: (p: { owner: string; identifier: string }) =>
      `join a table of ${p.owner} that has the ${p.identifier} of its persons`,
  },
  'destination-is-open': {
    message: (p: { destination: string }) => `\`${p.destination}\` is closed`,
    help: () => 'activate to another destination',
  },
  'destination-is-approved': {
    message: (p: { destination: string; member: string }) =>
      `\`${p.member}\` has not approved the terms of \`${p.destination}\` as they are now`,
    help: (p: { member: string }) =>
      `ask ${p.member} to read them (galley destination list) and to approve them (galley destination approve)`,
  },
  'destination-takes-the-member': {
    message: (p: { destination: string; member: string }) =>
      `\`${p.destination}\` takes no audiences of \`${p.member}\``,
    help: () => 'ask its owner to propose terms that name the member',
  },
  'purpose-is-permitted': {
    message: (p: { destination: string; purpose: string }) =>
      `audiences from these tables may not be used for \`${p.purpose}\`, the purpose of \`${p.destination}\``,
    help: (p: { purposes: readonly string[] }) =>
      p.purposes.length > 0
        ? `activate to a destination whose purpose is one of: ${p.purposes.join(', ')}`
        : 'ask the owner to permit a purpose in its rules',
  },
  'audience-is-blurred': {
    message: (p: { epsilon: number }) =>
      `the owner permits only audiences that are blurred with an epsilon of at most ${p.epsilon}`,
    help: (p: { epsilon: number }) => `activate it blurred, with an epsilon of ${p.epsilon} or less`,
  },
  'blur-is-left': {
    message: (p: { platform: string; epsilon: number; left: number; total: number }) =>
      `blurs at \`${p.platform}\` may tell an epsilon of ${p.total}, of which ${p.left} is left; this one tells ${p.epsilon}`,
    help: (p: { left: number }) =>
      p.left >= MIN_BLUR_EPSILON
        ? `activate it with an epsilon of ${p.left} or less, or publish again what was published, from the same data`
        : 'publish again what was published, from the same data, or ask the owner for a larger total in its rules',
  },
} as const satisfies Record<string, { message: (p: never) => string; help: (p: never) => string }>;

/** The name of a rule. */
export type ViolationRule = keyof typeof violationCatalogue;

/** One broken rule: a function of the SQL, the schema and the rules alone. */
export interface Violation {
  readonly rule: ViolationRule;
  /** The member whose rule refused; `null` when the refusal is Galley's own. */
  readonly owner: string | null;
  readonly message: string;
  readonly help: string;
  readonly place: SourcePlace;
  /** What message and help are made of, by name; lists are separated by a comma and a space. */
  readonly facts: Readonly<Record<string, string>>;
}

/** The facts that a rule's message and help are made of. */
export type ViolationFacts<R extends ViolationRule> = FactsOf<(typeof violationCatalogue)[R]['message']> &
  FactsOf<(typeof violationCatalogue)[R]['help']>;

type FactsOf<F extends (...p: never[]) => string> = Parameters<F> extends [infer P] ? P : unknown;

/** Makes a violation at a byte offset of the SQL. */
export function violation<R extends ViolationRule>(
  rule: R,
  facts: ViolationFacts<R>,
  place: {
    readonly sql: string;
    readonly at: number | null;
    readonly owner?: string | null;
  },
): Violation {
  const { message, help } = violationCatalogue[rule] as unknown as {
    message: (p: unknown) => string;
    help: (p: unknown) => string;
  };
  return {
    rule,
    owner: place.owner ?? null,
    message: message(facts),
    help: help(facts),
    place: placeOf(place.sql, place.at),
    facts: factsAsText(facts as object),
  };
}

function factsAsText(facts: object): Readonly<Record<string, string>> {
  const entries = Object.entries(facts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]),
  );
}

/** The names there are; of many, the one that was probably meant. */
function useOneOf(written: string, names: readonly string[]): string {
  const last = nearestName(lastOf(written), names.map(lastOf));
  const near = nearestName(written, names) ?? names.find((name) => lastOf(name) === last) ?? null;
  const list =
    names.length <= MAX_LISTED_NAME_COUNT ? `use one of: ${names.join(', ')}` : 'docs/sql.md lists what there is';
  return near === null ? list : `did you mean \`${near}\`? else ${list}`;
}

function isAmong(column: string, groupKeys: readonly string[]): boolean {
  return groupKeys.includes(lastOf(column));
}

function lastOf(name: string): string {
  return name.split('.').at(-1) ?? name;
}

/** In order of position, each once: the same column in two places is two violations, the same place is one. */
export function inOrder(violations: readonly Violation[]): readonly Violation[] {
  const seen = new Set<string>();
  return violations
    .toSorted((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
    .filter((v) => {
      const key = `${v.rule} ${v.place.line}:${v.place.column} ${v.owner} ${v.message}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}
