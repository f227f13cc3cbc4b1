import { eventsOf } from './events.ts';
import { armOf, emailOf, type Market, memberCount, personOfMember } from './people.ts';
import { randomOf } from './seeded-random.ts';
import { unusableEmail, writtenEmailOf } from './written-email.ts';

const dayMs = 24 * 60 * 60 * 1000;

// One member in five hundred has no usable address: far within what an upload tolerates, and never zero.
const membersPerUnusable = 500;

/** The platform's people: one row each. */
export function* profileRows(market: Market): Iterable<string> {
  yield 'email,age_band,city_tier,gender';
  for (let person = 0; person < market.people; person += 1) {
    const random = randomOf(market.seed, 'profile', person);
    const ageBand = random.pick(['18-24', '25-34', '35-44', '45-54', '55+']);
    const cityTier = random.pick(['1', '2', '2', '3', '3', '3', '4']);
    yield `${emailOf(market, person)},${ageBand},${cityTier},${random.pick(['f', 'm'])}`;
  }
}

/**
 * What the platform's people did: some rows each. `visit` and `purchase` are 1 on rows of that kind, so that each has
 * its own bounds.
 */
export function* eventRows(market: Market): Iterable<string> {
  yield 'email,event_at,kind,category,visit,purchase,spend';
  for (let person = 0; person < market.people; person += 1) {
    const email = emailOf(market, person);
    for (const { at, kind, category, spend } of eventsOf(market, person)) {
      yield `${email},${at},${kind},${category},${Number(kind === 'visit')},${Number(kind === 'purchase')},${spend.toFixed(2)}`;
    }
  }
}

/** The brand's members, in an order of its own, addresses as they were typed. */
export function* memberRows(market: Market): Iterable<string> {
  yield 'email,arm,tier,joined';
  const count = memberCount(market);
  for (let place = 0; place < count; place += 1) {
    const person = personOfMember(market, shuffled(place, count));
    const random = randomOf(market.seed, 'member', person);
    const rest = `${armOf(market, person)},${random.pick(['silver', 'silver', 'silver', 'gold', 'gold', 'jade'])},${joinedOn(random.below(1800))}`;
    yield `${writtenEmailOf(market, person)},${rest}`;
    if (place % membersPerUnusable === membersPerUnusable - 1) yield `${unusableEmail(random)},${rest}`;
  }
}

/** What members bought in the brand's own shops; three in ten never did. */
export function* orderRows(market: Market): Iterable<string> {
  yield 'email,store,order_date,amount';
  const count = memberCount(market);
  for (let place = 0; place < count; place += 1) {
    const person = personOfMember(market, shuffled(place, count));
    const random = randomOf(market.seed, 'orders', person);
    const email = emailOf(market, person);
    for (let chance = 0.7; random.next() < chance; chance = 0.45) {
      const store = random.pick(['nanjing road', 'chunxi road', 'tianhe', 'wangfujing']);
      const amount = 30 + 70 * (random.next() ** (-1 / 2) - 1);
      yield `${email},${store},${joinedOn(random.below(330))},${Math.min(amount, 3000).toFixed(2)}`;
    }
  }
}

// INVARIANT: the step shares no factor with the count, so that every member comes exactly once.
function shuffled(place: number, count: number): number {
  const step = 7919;
  return count % step === 0 ? place : (place * step) % count;
}

function joinedOn(daysAgo: number): string {
  return new Date(Date.UTC(2025, 10, 30) - daysAgo * dayMs).toISOString().slice(0, 10);
}
