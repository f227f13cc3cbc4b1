// Seeded on purpose, and for made-up people only: the same seed makes the same market on every machine. Noise and keys
// come from the service's own source.

/**
 * A number in [0, 1) that follows from a seed, a topic and a person, whatever was drawn before.
 *
 * Source: the finaliser of splitmix32 (after Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
 */
export function chanceOf(seed: number, topic: string, person: number): number {
  let state = mixed(seed);
  for (const character of topic) state = mixed(state ^ (character.codePointAt(0) ?? 0));
  return mixed(state ^ mixed(person + 1)) / 2 ** 32;
}

/** Picks one of some names by their shares, which add up to 1. */
export function pickByShare<Name extends string>(shares: Readonly<Record<Name, number>>, chance: number): Name {
  let left = chance;
  let last: Name | undefined;
  for (const [name, share] of Object.entries(shares) as [Name, number][]) {
    last = name;
    left -= share;
    if (left < 0) return name;
  }
  if (last === undefined) throw new Error('there is nothing to pick from');
  return last;
}

function mixed(value: number): number {
  let bits = (value + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
}
