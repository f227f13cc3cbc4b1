// Parameters that many ready templates have, so that they are called alike.

/** The table of events. */
export const events = { name: 'events', kind: 'table', meaning: 'events of persons, one a row: purchases for example' };
/** Its identity. */
export const person = { name: 'person', kind: 'column', of: 'events', holds: 'person', meaning: 'whose event it is' };
/** Its day. */
export const day = { name: 'day', kind: 'column', of: 'events', holds: 'time', meaning: 'when it was' };
/** Its amount. */
export const amount = { name: 'amount', kind: 'column', of: 'events', holds: 'number', meaning: 'what was paid' };
/** Its category. */
export const category = {
  name: 'category',
  kind: 'column',
  of: 'events',
  holds: 'text',
  meaning: 'of what kind it was, as its owner lists them',
};
/** The day that is looked from. */
export const asOf = { name: 'as_of', kind: 'date', meaning: 'the day that is looked from; later events do not count' };

/** The longest span of days. */
const MAX_SPAN_DAYS = 3_650;

/** A span of days; it ends with the day that is looked from, which counts as one. */
export function wholeDays(name: string, meaning: string, standard: number) {
  return { name, kind: 'integer', min: 1, max: MAX_SPAN_DAYS, default: standard, meaning };
}

/** A number of events. */
export function eventCount(name: string, meaning: string, standard: number) {
  return { name, kind: 'integer', min: 1, max: 1_000, default: standard, meaning };
}
