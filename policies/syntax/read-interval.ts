import { asText, type JsonNode, type NodeReader, refuse } from './read-node.ts';
import type { SyntaxLiteral } from './syntax-tree.ts';

type Interval = Extract<SyntaxLiteral, { type: 'interval' }>;

const SECOND_MICROSECONDS = 1_000_000n;
/** DuckDB keeps months and days in 32 bits. */
const MAX_PART_COUNT = 2n ** 31n - 1n;
/** Microseconds fit 64 bits; a thousand years of them do too. */
const MAX_MICROSECONDS = 2n ** 62n;

const INSTEAD = "write a span of whole parts, for example INTERVAL '1 month 3 days' or INTERVAL 30 DAY";

/** What one of each unit is, in months, days and microseconds. */
const UNITS: Readonly<Record<string, readonly [months: bigint, days: bigint, microseconds: bigint]>> = {
  year: [12n, 0n, 0n],
  quarter: [3n, 0n, 0n],
  month: [1n, 0n, 0n],
  week: [0n, 7n, 0n],
  day: [0n, 1n, 0n],
  hour: [0n, 0n, 3_600n * SECOND_MICROSECONDS],
  minute: [0n, 0n, 60n * SECOND_MICROSECONDS],
  second: [0n, 0n, SECOND_MICROSECONDS],
  millisecond: [0n, 0n, 1_000n],
  microsecond: [0n, 0n, 1n],
};

/** The functions that the grammar writes for `INTERVAL n UNIT`, and a merchant may call. */
export const INTERVAL_FUNCTIONS: readonly string[] = Object.keys(UNITS).map((unit) => `to_${unit}s`);

/** The span of `count` units, by the function that makes it, as `to_days`. */
export function spanOf(reader: NodeReader, node: JsonNode, name: string, count: bigint): Interval {
  return add(reader, node, NOTHING, unitOf(name.slice('to_'.length)), count);
}

/** Reads the text of an interval: whole numbers with their units, and a time of day. */
export function readIntervalText(reader: NodeReader, node: JsonNode, value: unknown): Interval {
  let rest = asText(reader, value).trim().toLowerCase();
  let total = NOTHING;
  while (rest !== '') {
    const part = /^([+-]?\d{1,18})\s*([a-z]+)(?:\s+|$)/.exec(rest);
    const time = /^(-?)(\d{1,6}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?$/.exec(rest);
    const unit = unitOf(part?.[2] ?? '');
    if (part !== null && unit !== undefined) {
      total = add(reader, node, total, unit, BigInt(part[1] ?? '0'));
    } else if (time !== null) {
      total = add(reader, node, total, UNITS.microsecond, microsecondsOf(time));
    } else {
      refuse(reader, node, 'interval', INSTEAD);
    }
    rest = rest.slice((part ?? time)?.[0].length);
  }
  return total === NOTHING ? refuse(reader, node, 'interval', INSTEAD) : total;
}

const NOTHING: Interval = { type: 'interval', months: 0n, days: 0n, microseconds: 0n };

function unitOf(name: string): (typeof UNITS)[string] | undefined {
  const singular = name.replace(/s$/, '');
  return Object.hasOwn(UNITS, singular) ? UNITS[singular] : undefined;
}

function microsecondsOf(time: readonly (string | undefined)[]): bigint {
  const [, sign, hours = '0', minutes = '0', seconds = '0', fraction = ''] = time;
  const whole = (BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
  const total = whole * SECOND_MICROSECONDS + BigInt(fraction.padEnd(6, '0'));
  return sign === '-' ? -total : total;
}

function add(
  reader: NodeReader,
  node: JsonNode,
  to: Interval,
  unit: (typeof UNITS)[string] | undefined,
  count: bigint,
): Interval {
  const [months, days, microseconds] = unit ?? refuse(reader, node, 'interval', INSTEAD);
  const sum: Interval = {
    type: 'interval',
    months: to.months + months * count,
    days: to.days + days * count,
    microseconds: to.microseconds + microseconds * count,
  };
  const isWithin =
    within(sum.months, MAX_PART_COUNT) &&
    within(sum.days, MAX_PART_COUNT) &&
    within(sum.microseconds, MAX_MICROSECONDS);
  return isWithin ? sum : refuse(reader, node, 'interval out of range', INSTEAD);
}

function within(value: bigint, most: bigint): boolean {
  return value <= most && value >= -most;
}
