import type { Visitors } from '../story.ts';
import { eventsOf } from './events.ts';
import { armOf, emailOf, isMember, type Market } from './people.ts';
import { writtenEmailOf } from './written-email.ts';

// Busier people are cut to their bounds before an audience is chosen, and their cart may fall to the cut.
const maxEventCount = 50;

/** Finds one person in the story's audience and one who is no member at all. */
export function findSaleVisitors(market: Market): Visitors {
  const people = Array.from({ length: market.people }, (_, index) => index);
  const inside = people.find((person) => isMember(person) && isInAudience(market, person));
  const outside = people.find((person) => !isMember(person));
  if (inside === undefined || outside === undefined) throw new Error('too few people to show the shop front to');
  return { inside: emailOf(market, inside), outside: emailOf(market, outside) };
}

function isInAudience(market: Market, person: number): boolean {
  const events = eventsOf(market, person);
  const isKnown = armOf(market, person) === 'control' && events.length <= maxEventCount;
  const isFound = !writtenEmailOf(market, person).includes('+');
  return isKnown && isFound && events.some((event) => event.kind === 'cart');
}
