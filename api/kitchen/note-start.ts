// Under which code and settings a service runs decides what its history means. The log says it at each start: settings by
// name, and what they are set to by a keyed digest alone, since an address or a path of the operator's is nobody's to read.
import { createHmac } from 'node:crypto';
import type { Config } from '../config/index.ts';
import type { Database } from '../store/index.ts';
import { type Kitchen, record } from './kitchen.ts';

/** Hex digits of a digest of settings: enough to tell them apart, and too few for anything else. */
const DIGEST_CHARS = 32;

/** Tells the log that the service starts, by which code and under which settings, and which have changed. */
export async function noteStart(kitchen: Kitchen): Promise<void> {
  const settings = settingsOf(kitchen.config);
  const key = kitchen.vault.deriveKey('configuration');
  const digestOf = (text: string): string =>
    createHmac('sha256', key).update(text).digest('hex').slice(0, DIGEST_CHARS);
  const digests = new Map([...settings].map(([name, value]) => [name, digestOf(`${name}=${value}`)]));
  const configuration = digestOf([...digests].toSorted().join('\n'));
  const subject = { decidingCode: { ...kitchen.code }, configuration };
  await record(kitchen, { kind: 'service-started', call: null, collaboration: null, subject });
  const known = await readKnown(kitchen.store.db);
  const changed = [...new Set([...digests.keys(), ...known.keys()])].filter(
    (name) => digests.get(name) !== known.get(name),
  );
  if (changed.length === 0) return;
  // The first start changes nothing: there was none before it.
  if (known.size > 0) {
    const said = { settings: changed.toSorted(), configuration };
    await record(kitchen, { kind: 'configuration-changed', call: null, collaboration: null, subject: said });
  }
  await kitchen.store.transaction((db) => keep(db, digests));
}

/** Every setting with its value as text, by its name in the configuration: `limits.callsPerSecond`. */
function settingsOf(config: Config): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const add = (name: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      settings.set(name, JSON.stringify(value ?? null));
      return;
    }
    for (const [field, one] of Object.entries(value)) add(name === '' ? field : `${name}.${field}`, one);
  };
  add('', config);
  return settings;
}

async function readKnown(db: Database): Promise<ReadonlyMap<string, string>> {
  const rows = await db.selectFrom('settings').selectAll().execute();
  return new Map(rows.map((row) => [row.name, row.digest]));
}

async function keep(db: Database, digests: ReadonlyMap<string, string>): Promise<void> {
  await db.deleteFrom('settings').execute();
  const rows = [...digests].map(([name, digest]) => ({ name, digest }));
  await db.insertInto('settings').values(rows).execute();
}
