import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { Visitors } from '../story.ts';

/** Finds one person in the story's audience and one who is not, in the files that the two parties brought. */
export async function findHillstromVisitors(campaignPath: string, outcomesPath: string): Promise<Visitors> {
  const written = new Set<string>();
  for await (const [email = '', arm] of rowsOf(campaignPath)) {
    if (arm === 'womens_email') written.add(email.trim().toLowerCase());
  }
  let inside: string | undefined;
  let outside: string | undefined;
  for await (const [email = '', visit, conversion] of rowsOf(outcomesPath)) {
    if (visit === '1' && conversion === '0' && written.has(email)) inside ??= email;
    else outside ??= email;
    if (inside !== undefined && outside !== undefined) return { inside, outside };
  }
  throw new Error('the files hold nobody to show the shop front to');
}

// Good enough for these two files, whose first columns are never quoted.
async function* rowsOf(path: string): AsyncIterable<string[]> {
  const lines = createInterface({
    input: createReadStream(path).pipe(createGunzip()),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) yield line.split(',');
}
