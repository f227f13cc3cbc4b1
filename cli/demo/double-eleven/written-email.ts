import { emailOf, type Market } from './people.ts';
import { randomOf, type SeededRandom } from './seeded-random.ts';

/**
 * Writes a person's address as people and old shop systems write it.
 *
 * One in eight comes with stray spaces or capitals, which name the same person. One in a hundred comes with a +tag,
 * which outside Gmail names another mailbox, so that this member will not be found again, as in life.
 */
export function writtenEmailOf(market: Market, person: number): string {
  const email = emailOf(market, person);
  const draw = randomOf(market.seed, 'handwriting', person).next();
  if (draw < 0.04) return ` ${email}`;
  if (draw < 0.07) return `${email}  `;
  if (draw < 0.1) return email.toUpperCase();
  if (draw < 0.125) return email.replace(/^./u, (first) => first.toUpperCase());
  if (draw < 0.135) return email.replace('@', '+shop@');
  return email;
}

/** What stands where an address should be, when nobody asked for one. */
export function unusableEmail(random: SeededRandom): string {
  return random.pick(['n/a', 'not given', 'wei.wang at example.com', '@example.com', 'unknown@']);
}
