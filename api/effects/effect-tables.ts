import { type EffectTable, type TableView, tableName } from '../../policies/index.ts';
import type { effects } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import { readTableViews } from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** Most columns, conditions or values that one measurement names: beyond it nobody reads the answer. */
const MAX_NAMED_COUNT = 100;

/** The tables of the collaboration that a measurement is made in, for whoever may ask there. */
export async function readEffectTables(
  kitchen: Kitchen,
  call: Call,
  ask: effects.EffectAsk | undefined,
): Promise<{ readonly ask: effects.EffectAsk; readonly views: readonly TableView[] }> {
  if (ask === undefined) throw new ServiceError('INVALID_REQUEST', '`ask` is missing; it names the collaboration');
  const { collaborationId, onBehalfOf } = ask;
  const actingFor = onBehalfOf === '' ? call.principal.member : onBehalfOf;
  const collaboration = await admit(kitchen, call, { action: 'submit-question', collaborationId, actingFor });
  return { ask, views: await readTableViews(kitchen, collaboration) };
}

/** Finds the table that a field names. @throws {ServiceError} INVALID_REQUEST where there is none of persons */
export function effectTable(
  views: readonly TableView[],
  named: effects.EffectTable | undefined,
  field: string,
): EffectTable {
  const view = views.find((v) => tableName(v) === named?.table);
  if (named === undefined || view === undefined) {
    const message = `\`${field}\` is no table of the collaboration; name it as \`member.alias\``;
    throw new ServiceError('INVALID_REQUEST', message);
  }
  if (view.rules.publicTable !== null) {
    throw new ServiceError('INVALID_REQUEST', `\`${field}\` is a public table, which has no persons; name another`);
  }
  assertFew(named.conditions, `${field}.conditions`);
  for (const { values } of named.conditions) {
    if (values.length === 0) {
      throw new ServiceError('INVALID_REQUEST', `a condition of \`${field}\` has no values; name one at least`);
    }
    assertFew(values, `${field}.conditions.values`);
  }
  return { view, conditions: named.conditions };
}

/** Reads a column that must be named; whether it is there and permitted, the question says. */
export function columnNamed(name: string, field: string): string {
  if (name === '') throw new ServiceError('INVALID_REQUEST', `\`${field}\` is missing; name a column`);
  return name;
}

/** Reads a column that groups are made by. @throws {ServiceError} INVALID_REQUEST where it is missing, or the person */
export function groupNamed({ view }: EffectTable, name: string, field: string): string {
  if (columnNamed(name, field).toLowerCase() !== view.rules.identity.toLowerCase()) return name;
  throw new ServiceError('INVALID_REQUEST', `\`${field}\` names the person, who is no group; name another column`);
}

/** Reads a day; that it is one of the calendar, the question says. */
export function dayNamed(day: string, field: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/u.test(day)) return day;
  throw new ServiceError('INVALID_REQUEST', `\`${field}\` must be a day as \`YYYY-MM-DD\``);
}

/** Refuses a list that nobody could have meant. */
export function assertFew(list: readonly unknown[], field: string): void {
  if (list.length <= MAX_NAMED_COUNT) return;
  throw new ServiceError('INVALID_REQUEST', `\`${field}\` has more than ${MAX_NAMED_COUNT} items; name fewer`);
}

/** Reads a number that must not be negative. */
export function amountNamed(value: number, field: string): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new ServiceError('INVALID_REQUEST', `\`${field}\` must be a number of at least 0`);
}
