import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { shopFront } from './cast.ts';
import type { Shopper } from './market.ts';
import { eventsRules } from './rules.ts';
import { bring } from './set-the-table.ts';
import type { Stage } from './stage.ts';
import type { Visits } from './visit-shop.ts';

const run = promisify(execFile);
const exporter = new URL('../strategy-engine/export-events.ts', import.meta.url).pathname;

/** What came back is held against what happened in the shop. */
export interface ReturnedEvents {
  /** Arms and sales that did not come back. */
  readonly lost: number;
  /** Arms and sales that came back twice. */
  readonly twice: number;
}

/**
 * Has the engine's events written as a file by the platform's own list of members, and brings it into the clean room.
 *
 * The engine knows tokens alone; the platform knows whose they are, and writes its own identifiers back.
 */
export async function bringEventsBack(
  { platform, directory, tokenKeyPath }: Stage,
  collaborationId: string,
  { shoppers, visits }: { shoppers: readonly Shopper[]; visits: Visits },
): Promise<ReturnedEvents> {
  const membersPath = join(directory, 'members.csv');
  const path = join(directory, 'events.csv');
  writeFileSync(membersPath, `email\n${shoppers.map(({ email }) => email).join('\n')}\n`, { mode: 0o600 });
  const data = ['--data', join(directory, 'engine'), '--token-key', tokenKeyPath];
  await run(process.execPath, [exporter, ...data, '--members', membersPath, '--out', path]);
  const columns = ['audience:text', 'strategy:text', 'scene:text', 'arm:text', 'kind:text', 'at:timestamp'];
  await bring(platform, collaborationId, {
    alias: 'events',
    columns: ['email:email', ...columns, 'value:decimal(2)'],
    rules: eventsRules,
    path,
  });
  return compare(readFileSync(path, 'utf8'), visits);
}

function compare(csv: string, { dealt, buyers }: Visits): ReturnedEvents {
  const rows = csv
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  const of = (wanted: string): string[] =>
    rows.flatMap(([email = '', , , scene, , kind]) => (kind === wanted && scene === shopFront ? [email] : []));
  const [assigned, bought] = [of('assignment'), of('conversion')];
  const missing = (known: ReadonlySet<string>, came: readonly string[]): number => {
    const seen = new Set(came);
    return [...known].filter((email) => !seen.has(email)).length;
  };
  const twice = (came: readonly string[]): number => came.length - new Set(came).size;
  return { lost: missing(dealt, assigned) + missing(buyers, bought), twice: twice(assigned) + twice(bought) };
}
