import { type TableView, tableName } from '../collaboration/table-view.ts';
import { FaultCollector } from '../rules/fault-collector.ts';
import type { RulesFault } from '../rules/rules.ts';
import type { AudienceRuleTree, RuleNode } from './audience-rule.ts';
import { dayOf } from './calendar-day.ts';
import { readCondition } from './read-condition.ts';
import { type Tag, tagName } from './tag.ts';

const FIELDS = ['version', 'from', 'asOf', 'where'];
const CONNECTIVES = ['and', 'or', 'not'];
/** Deepest nesting of a rule: what people write has three or four; the printed SQL must be read again. */
const MAX_DEPTH_COUNT = 16;
/** Most tag conditions of a rule: each is a table that the engine joins. */
const MAX_CONDITIONS_COUNT = 64;

/** What a rule is read against. */
export interface RuleScope {
  readonly tables: readonly TableView[];
  readonly tags: readonly Tag[];
  /** `YYYY-MM-DD`: the day that days before are counted from, where the rule names none. */
  readonly today: string;
}

/** The outcome of reading a rule. */
export type ReadRule =
  | { readonly ok: true; readonly rule: AudienceRuleTree }
  | { readonly ok: false; readonly faults: readonly RulesFault[] };

/**
 * Reads a rule over tags against what is published and bound in its collaboration.
 *
 * Every fault is found at once, each with its JSON pointer. None depends on data: tags, their kinds and listed values are
 * what owners declared to everybody.
 */
export function readAudienceRule(document: unknown, scope: RuleScope): ReadRule {
  const collect = new FaultCollector();
  const fields = collect.fields(document, '', FIELDS);
  if (fields.version !== 1) collect.fault('/version', 'must be 1');
  const from = readFrom(collect, fields.from, scope);
  const asOf = readAsOf(collect, fields.asOf, scope);
  const reader = new NodeReader(collect, scope, asOf);
  const where = reader.read(fields.where, '/where', 1);
  if (reader.conditionCount > MAX_CONDITIONS_COUNT) {
    collect.fault('/where', `has ${reader.conditionCount} conditions; ${MAX_CONDITIONS_COUNT} are the most`);
  }
  if (collect.faults.length > 0 || from === null || where === null) return { ok: false, faults: collect.faults };
  return { ok: true, rule: { from, where } };
}

function readFrom(collect: FaultCollector, value: unknown, { tables }: RuleScope): TableView | null {
  const people = tables.filter((table) => table.rules.publicTable === null && table.rules.audience !== null);
  const found = people.find((table) => tableName(table) === value);
  if (found !== undefined) return found;
  const known = people.length === 0 ? 'there is none' : people.map((table) => `\`${tableName(table)}\``).join(', ');
  collect.fault('/from', `must be a table whose owner permits audiences over its persons: ${known}`);
  return null;
}

function readAsOf(collect: FaultCollector, value: unknown, { today }: RuleScope): string {
  if (value === undefined) return today;
  if (typeof value === 'string' && dayOf(value) !== null) return value;
  collect.fault('/asOf', 'must be a day written `YYYY-MM-DD`');
  return today;
}

class NodeReader {
  conditionCount = 0;
  readonly #collect: FaultCollector;
  readonly #scope: RuleScope;
  readonly #asOf: string;
  readonly #tags: ReadonlyMap<string, Tag>;

  constructor(collect: FaultCollector, scope: RuleScope, asOf: string) {
    this.#collect = collect;
    this.#scope = scope;
    this.#asOf = asOf;
    this.#tags = new Map(scope.tags.map((tag) => [tagName(tag), tag]));
  }

  read(value: unknown, path: string, depth: number): RuleNode | null {
    if (depth > MAX_DEPTH_COUNT) {
      this.#collect.fault(path, `lies deeper than ${MAX_DEPTH_COUNT} levels`);
      return null;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.#collect.fault(path, 'must be an object with `and`, `or`, `not` or `tag`');
      return null;
    }
    const key = CONNECTIVES.find((one) => Object.hasOwn(value, one));
    if (key === undefined) return this.#readCondition(value, path);
    const fields = this.#collect.fields(value, path, [key]);
    if (key === 'not') {
      const part = this.read(fields.not, `${path}/not`, depth + 1);
      return part && { kind: 'not', part };
    }
    return this.#readParts(fields[key], key === 'and' ? 'and' : 'or', { path: `${path}/${key}`, depth });
  }

  #readParts(
    value: unknown,
    kind: 'and' | 'or',
    { path, depth }: { readonly path: string; readonly depth: number },
  ): RuleNode | null {
    if (!Array.isArray(value) || value.length === 0) {
      this.#collect.fault(path, 'must be a list of at least one condition');
      return null;
    }
    const parts = value.map((part, index) => this.read(part, `${path}/${index}`, depth + 1));
    const whole = parts.filter((part) => part !== null);
    return whole.length === parts.length ? { kind, parts: whole } : null;
  }

  #readCondition(value: object, path: string): RuleNode | null {
    this.conditionCount += 1;
    const { tables } = this.#scope;
    return readCondition(this.#collect, value, path, { tables, tags: this.#tags, asOf: this.#asOf });
  }
}
