import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOfSources } from '../../audit/index.ts';

/** The checkout that this command runs from. */
export const OWN_CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));

/** The digest by which records of decisions name the rules of a checkout. */
export function rulesDigest(checkout: string): Promise<string> {
  return digestOfSources(join(checkout, 'policies'));
}
