import { type Arm, armOf, isMember, type Market } from './people.ts';
import { randomOf, type SeededRandom } from './seeded-random.ts';

/** Something a person did on the platform; `dayIndex` counts from 0, `spend` is in yuan. */
export interface PlatformEvent {
  readonly at: string;
  readonly dayIndex: number;
  readonly kind: 'visit' | 'cart' | 'purchase';
  readonly category: string;
  readonly spend: number;
}

/** Days that the events cover. */
export const eventDays = 60;
/** The day of the sale: 11 November, counted from the first day, 2 October. */
export const saleDayIndex = 40;

const firstDayMs = Date.UTC(2025, 9, 2);
const dayMs = 24 * 60 * 60 * 1000;
const categories = ['beauty', 'shoes', 'phones', 'kitchen', 'toys', 'books'] as const;

// Most people come a few times and a few come very often (Lomax, shape 1.6: a heavy tail with a mean).
const activityShape = 1.6;
const activityScale = 3.6;
const maxEvents = 300;

// The brand's letters went out ten days before the sale and work from then on.
const campaignDayIndex = 30;
const purchaseRate = 0.07;
const cartRate = 0.13;
const purchaseLift: Readonly<Record<Arm, number>> = { coupon: 1.6, gift: 1.25, control: 1 };
const activityLift: Readonly<Record<Arm, number>> = { coupon: 1.2, gift: 1.1, control: 1 };

/** All events of one person, at least one, in the order of time. */
export function eventsOf(market: Market, personIndex: number): PlatformEvent[] {
  const random = randomOf(market.seed, 'events', personIndex);
  const arm = isMember(personIndex) ? armOf(market, personIndex) : 'control';
  const activity = activityScale * (random.next() ** (-1 / activityShape) - 1) * activityLift[arm];
  const count = 1 + Math.min(Math.floor(activity), maxEvents - 1);
  const events = Array.from({ length: count }, () => makeEvent(random, arm));
  return events.sort((one, other) => (one.at < other.at ? -1 : 1));
}

function makeEvent(random: SeededRandom, arm: Arm): PlatformEvent {
  const dayIndex = dayOf(random);
  const isSale = dayIndex === saleDayIndex;
  const lift = (dayIndex >= campaignDayIndex ? purchaseLift[arm] : 1) * (isSale ? 1.8 : 1);
  const draw = random.next();
  const kind = draw < purchaseRate * lift ? 'purchase' : draw < purchaseRate * lift + cartRate ? 'cart' : 'visit';
  return {
    at: new Date(firstDayMs + dayIndex * dayMs + random.below(dayMs / 1000) * 1000).toISOString().replace('.000Z', 'Z'),
    dayIndex,
    kind,
    category: random.pick(categories),
    spend: kind === 'purchase' ? spendOf(random) : 0,
  };
}

// A quarter of all happens on the day itself or within a day or two of it; the rest is spread evenly.
function dayOf(random: SeededRandom): number {
  if (random.next() >= 0.25) return random.below(eventDays);
  const away = Math.floor(-Math.log(1 - random.next()) * 0.8);
  return Math.max(0, Math.min(eventDays - 1, saleDayIndex + (random.next() < 0.5 ? -away : away)));
}

// Amounts have a heavy tail as well: mostly tens of yuan, sometimes thousands.
function spendOf(random: SeededRandom): number {
  const amount = 20 + 60 * (random.next() ** (-1 / 1.8) - 1);
  return Math.round(Math.min(amount, 5000) * 100) / 100;
}
