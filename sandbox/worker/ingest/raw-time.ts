import type { RawValue } from './raw-value.ts';

const MICROS_PER_MILLI = 1_000n;
const MICROS_PER_SECOND = 1_000_000n;
const NANOS_PER_MICRO = 1_000n;

/** The units of timestamps in Arrow and Parquet files. */
export type TimeUnit = 'SECONDS' | 'MILLIS' | 'MICROS' | 'NANOS';

/** Brings a timestamp to microseconds; one with a finer part cannot be kept exactly, and is not of any type here. */
export function microsOf(value: bigint, unit: TimeUnit): RawValue {
  switch (unit) {
    case 'SECONDS':
      return { micros: value * MICROS_PER_SECOND };
    case 'MILLIS':
      return { micros: value * MICROS_PER_MILLI };
    case 'MICROS':
      return { micros: value };
    case 'NANOS':
      return value % NANOS_PER_MICRO === 0n ? { micros: value / NANOS_PER_MICRO } : { unreadable: 'type' };
  }
}
