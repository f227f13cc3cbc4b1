/** What one arm of a strategy shows. */
export interface Arm {
  readonly name: string;
  /** Its part of the persons that are not held out, beside the other arms' weights. */
  readonly weight: number;
  /** What is shown, by scene. */
  readonly content: ReadonlyMap<string, string>;
}

/** Hours of the week in which a strategy is on. */
export interface Hours {
  /** Days, as `Intl` writes them in English: `Mon` to `Sun`. */
  readonly days: ReadonlySet<string>;
  /** Minutes of the day, from and until; until may be smaller, over midnight. */
  readonly fromMinute: number;
  readonly untilMinute: number;
  readonly clock: Intl.DateTimeFormat;
}

/** Shows content to an audience in some scenes. */
export interface Strategy {
  readonly name: string;
  /** The audience it binds, by name or id. */
  readonly audience: string;
  readonly scenes: readonly string[];
  /** Of two that fit, the higher one decides; of equals, the one that stands first in the file. */
  readonly priority: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly hours: Hours | undefined;
  /** At most so many exposures of one person in so long. */
  readonly cap: { readonly exposureCount: number; readonly periodMs: number } | undefined;
  /** Share of persons that see the default, so that others can be compared with them. */
  readonly holdOut: number;
  readonly arms: readonly Arm[];
}

/** One place in the shop. */
export interface Scene {
  readonly default: string;
  /** Those that may decide here, the first that fits does. */
  readonly strategies: readonly Strategy[];
}

/** What is shown where, by scene. */
export type Scenes = ReadonlyMap<string, Scene>;

/** The arm of those who are held out. */
export const HOLD_OUT = 'hold-out';

/** Tells whether a strategy is on at a moment. */
export function isOn({ fromMs, untilMs, hours }: Strategy, nowMs: number): boolean {
  return nowMs >= fromMs && nowMs < untilMs && (hours === undefined || isWithin(hours, nowMs));
}

// A time zone's own midnight and summer time decide, so the clock on the wall is read, never computed.
function isWithin({ days, fromMinute, untilMinute, clock }: Hours, nowMs: number): boolean {
  const wall = new Map(clock.formatToParts(nowMs).map(({ type, value }) => [type, value]));
  if (!days.has(wall.get('weekday') ?? '')) return false;
  const minute = Number(wall.get('hour')) * 60 + Number(wall.get('minute'));
  return fromMinute <= untilMinute
    ? minute >= fromMinute && minute < untilMinute
    : minute >= fromMinute || minute < untilMinute;
}
