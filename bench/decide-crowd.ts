import { hash, randomBytes, randomInt } from 'node:crypto';

const TOKEN_BYTES = 16;
/** Bytes by which the made tokens are in order. */
const PREFIX_BYTES = 6;

/** Made audiences of equal size. */
export interface Crowd {
  readonly audienceCount: number;
  /** Members of each. */
  readonly memberCount: number;
}

/** The tokens of an audience come in order, as the clean room sends them, and are spread evenly. */
export function tokenOf({ memberCount }: Crowd, audience: number, person: number): Buffer {
  const token = hash('md5', `${audience}:${person}`, 'buffer');
  token.writeUIntBE(Math.floor((person / memberCount) * 2 ** (8 * PREFIX_BYTES)), 0, PREFIX_BYTES);
  return token;
}

/** Half are members, of whom each gets a first arm; the others are looked for in every audience. */
export function anybody(crowd: Crowd): Buffer {
  if (randomInt(2) === 0) return randomBytes(TOKEN_BYTES);
  return tokenOf(crowd, randomInt(crowd.audienceCount), randomInt(crowd.memberCount));
}
