// Seeded on purpose, and for made-up data only: the same seed must write the same files on every machine. Noise and
// keys come from the system's random source, in other rooms.

/** A small stream of repeatable numbers, one for each thing that is made up. */
export interface SeededRandom {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, count). */
  below(count: number): number;
  pick<T>(values: readonly [T, ...T[]]): T;
}

/**
 * Opens the stream of one thing: the same seed, topic and index give the same numbers, whatever was drawn before.
 *
 * So the order in which files are written changes nothing in them. Source: splitmix32 (after Steele, Lea, Flood, "Fast
 * Splittable Pseudorandom Number Generators", 2014).
 */
export function randomOf(seed: number, topic: string, index: number): SeededRandom {
  let state = mix(mix(mix(seed) ^ hashOf(topic)) ^ index);
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state) / 2 ** 32;
  };
  return {
    next,
    below: (count) => Math.floor(next() * count),
    pick: (values) => values[Math.floor(next() * values.length)] ?? values[0],
  };
}

function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

function hashOf(topic: string): number {
  let hash = 0x811c9dc5;
  for (const character of topic) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}
