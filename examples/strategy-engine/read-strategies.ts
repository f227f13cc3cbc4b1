import { readFileSync } from 'node:fs';
import { type Arm, HOLD_OUT, type Hours, type Scene, type Scenes, type Strategy } from './strategy.ts';

const DAY_NAMES = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const HOUR_MS = 3_600_000;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads what is shown where from a JSON file.
 *
 * @throws {Error} naming the file and the place in it that is not as it should be
 */
export function readStrategies(path: string): Scenes {
  try {
    return parseStrategies(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Error(`\`${path}\`: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Reads what is shown where. @throws {Error} naming the place that is not as it should be */
export function parseStrategies(document: unknown): Scenes {
  const top = fieldsAt(document, 'the document', ['scenes', 'strategies']);
  const scenes = new Map(
    Object.entries(fieldsAt(top.scenes, '`scenes`')).map(([name, scene]) => [name, parseScene(name, scene)]),
  );
  const long = listAt(top.strategies ?? [], '`strategies`').map((value, index) => parseStrategy(value, index, scenes));
  const all = [...long, ...[...scenes.values()].flatMap((scene) => scene.short)];
  const names = new Set<string>();
  for (const { name } of all) {
    if (names.has(name)) throw new Error(`two strategies have the name \`${name}\`; rename one`);
    names.add(name);
  }
  // Sorting keeps the order of equals, which is that of the file.
  const sorted = all.sort((a, b) => b.priority - a.priority);
  return new Map(
    [...scenes].map(([name, scene]): [string, Scene] => [
      name,
      { default: scene.default, strategies: sorted.filter((strategy) => strategy.scenes.includes(name)) },
    ]),
  );
}

interface ParsedScene {
  readonly default: string;
  /** The short form: an audience, and what it sees. */
  readonly short: readonly Strategy[];
}

function parseScene(name: string, value: unknown): ParsedScene {
  const place = `scene \`${name}\``;
  const scene = fieldsAt(value, place, ['default', 'audiences']);
  const short = listAt(scene.audiences ?? [], `\`audiences\` of ${place}`).map((entry, index): Strategy => {
    const rule = fieldsAt(entry, `audience ${index} of ${place}`, ['audience', 'content']);
    const audience = textAt(rule.audience, `\`audience\` ${index} of ${place}`);
    const content = new Map([[name, contentAt(rule.content, `\`content\` ${index} of ${place}`)]]);
    return {
      name: `${name}/${audience}`,
      audience,
      scenes: [name],
      priority: 0,
      fromMs: Number.NEGATIVE_INFINITY,
      untilMs: Number.POSITIVE_INFINITY,
      hours: undefined,
      cap: undefined,
      holdOut: 0,
      arms: [{ name: 'shown', weight: 1, content }],
    };
  });
  return { default: contentAt(scene.default, `\`default\` of ${place}`), short };
}

const STRATEGY_FIELDS = ['name', 'audience', 'scenes', 'priority', 'from', 'until', 'hours', 'cap', 'holdOut', 'arms'];

function parseStrategy(value: unknown, index: number, known: ReadonlyMap<string, unknown>): Strategy {
  const fields = fieldsAt(value, `strategy ${index}`, STRATEGY_FIELDS);
  const name = textAt(fields.name, `\`name\` of strategy ${index}`);
  const place = `strategy \`${name}\``;
  const scenes = listAt(fields.scenes, `\`scenes\` of ${place}`).map((scene) => textAt(scene, `a scene of ${place}`));
  const unknown = scenes.find((scene) => !known.has(scene));
  if (unknown !== undefined) throw new Error(`${place} names the scene \`${unknown}\`, which \`scenes\` does not have`);
  const arms = listAt(fields.arms, `\`arms\` of ${place}`).map((arm, at) =>
    parseArm(arm, `arm ${at} of ${place}`, scenes),
  );
  if (scenes.length === 0 || arms.length === 0) throw new Error(`${place} needs a scene and an arm at least`);
  if (new Set(arms.map((arm) => arm.name)).size < arms.length) throw new Error(`two arms of ${place} have one name`);
  if (!arms.some(({ weight }) => weight > 0)) throw new Error(`an arm of ${place} needs a weight over 0`);
  const fromMs = momentAt(fields.from, `\`from\` of ${place}`, Number.NEGATIVE_INFINITY);
  const untilMs = momentAt(fields.until, `\`until\` of ${place}`, Number.POSITIVE_INFINITY);
  if (fromMs >= untilMs) throw new Error(`${place} ends before it begins`);
  return {
    name,
    audience: textAt(fields.audience, `\`audience\` of ${place}`),
    scenes,
    priority: numberAt(fields.priority ?? 0, `\`priority\` of ${place}`, -1e9, 1e9),
    fromMs,
    untilMs,
    hours: fields.hours === undefined ? undefined : parseHours(fields.hours, `\`hours\` of ${place}`),
    cap: fields.cap === undefined ? undefined : parseCap(fields.cap, `\`cap\` of ${place}`),
    holdOut: numberAt(fields.holdOut ?? 0, `\`holdOut\` of ${place}`, 0, 1),
    arms,
  };
}

function parseArm(value: unknown, place: string, scenes: readonly string[]): Arm {
  const fields = fieldsAt(value, place, ['name', 'weight', 'content']);
  const name = textAt(fields.name, `\`name\` of ${place}`);
  if (name === HOLD_OUT) throw new Error(`${place} is named \`${HOLD_OUT}\`; say \`holdOut\` of the strategy instead`);
  const { content } = fields;
  const byScene = typeof content === 'string' ? undefined : fieldsAt(content, `\`content\` of ${place}`, scenes);
  return {
    name,
    weight: numberAt(fields.weight ?? 1, `\`weight\` of ${place}`, 0, 1e9),
    content: new Map(
      scenes.map((scene) => [
        scene,
        contentAt(byScene?.[scene] ?? content, `\`content\` of ${place} in scene \`${scene}\``),
      ]),
    ),
  };
}

function parseCap(value: unknown, place: string): Strategy['cap'] {
  const fields = fieldsAt(value, place, ['exposures', 'hours']);
  return {
    exposureCount: numberAt(fields.exposures, `\`exposures\` in ${place}`, 1, 1e6),
    periodMs: numberAt(fields.hours, `\`hours\` in ${place}`, 0.01, 1e5) * HOUR_MS,
  };
}

function parseHours(value: unknown, place: string): Hours {
  const fields = fieldsAt(value, place, ['days', 'from', 'until', 'timeZone']);
  const days = listAt(fields.days ?? DAY_NAMES, `\`days\` in ${place}`).map((day) => textAt(day, `a day in ${place}`));
  const wrong = days.find((day) => !DAY_NAMES.includes(day));
  if (wrong !== undefined) throw new Error(`\`${wrong}\` in ${place} is no day; write ${DAY_NAMES.join(', ')}`);
  return {
    days: new Set(days),
    fromMinute: minuteAt(fields.from ?? '00:00', `\`from\` in ${place}`),
    untilMinute: minuteAt(fields.until ?? '24:00', `\`until\` in ${place}`),
    clock: clockOf(textAt(fields.timeZone ?? 'UTC', `\`timeZone\` in ${place}`), place),
  };
}

function clockOf(timeZone: string, place: string): Intl.DateTimeFormat {
  const shape = { weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  try {
    return new Intl.DateTimeFormat('en', { ...shape, timeZone });
  } catch {
    throw new Error(`\`${timeZone}\` in ${place} is no time zone; write one as \`Asia/Shanghai\``);
  }
}

function minuteAt(value: unknown, place: string): number {
  const [, hour, minute] = /^(\d\d):([0-5]\d)$/u.exec(textAt(value, place)) ?? [];
  const total = Number(hour) * 60 + Number(minute);
  if (!(total <= 24 * 60)) throw new Error(`${place} is no time of day; write it as \`08:30\``);
  return total;
}

function momentAt(value: unknown, place: string, otherwise: number): number {
  if (value === undefined) return otherwise;
  const text = textAt(value, place);
  // Without a zone the same file would mean something else on another machine.
  const moment = /(?:Z|[+-]\d\d:\d\d)$/u.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment)) throw new Error(`${place} is no moment; write it as \`2026-11-20T00:00:00Z\``);
  return moment;
}

function fieldsAt(value: unknown, place: string, known?: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${place} is not an object`);
  // A misspelt word that is passed over would be a strategy that does something else than its author thinks.
  const unknown = known && Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new Error(`${place} has an unknown word \`${unknown}\`; it may have ${known?.join(', ')}`);
  return value as Fields;
}

function listAt(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${place} is not a list`);
  return value;
}

function textAt(value: unknown, place: string): string {
  if (contentAt(value, place) === '') throw new Error(`${place} is empty`);
  return contentAt(value, place);
}

/** What is shown may be nothing. */
function contentAt(value: unknown, place: string): string {
  if (typeof value !== 'string') throw new Error(`${place} is not text`);
  return value;
}

function numberAt(value: unknown, place: string, least: number, most: number): number {
  if (typeof value !== 'number' || !(value >= least && value <= most))
    throw new Error(`${place} is not a number from ${least} to ${most}`);
  return value;
}
