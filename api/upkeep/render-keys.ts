import type { KeyStatus } from '../keys/index.ts';
import type { CheckProgress, DataFault } from './check-data.ts';

const BYTES_PER_MIB = 1_048_576;

/** Writes the keys of a data directory for a person. */
export function renderStatus({ master, rootVersions, fingerprint, keys, unreadableFiles }: KeyStatus): string {
  const unfinished = rootVersions.length > 1 ? '  (a rotation is unfinished: run `keys rotate-root`)' : '';
  const versions = new Map<string, number>();
  for (const { owner } of keys) versions.set(owner, (versions.get(owner) ?? 0) + 1);
  const rows = keys.map(({ owner, version, state, fileCount, createdAtMs }) => [
    owner,
    state === 'destroyed' ? '' : String(version),
    state === 'old' ? 'old (run `keys rotate-dataset` again)' : state,
    String(fileCount),
    new Date(createdAtMs).toISOString().slice(0, 10),
  ]);
  return [
    `master     ${master.name}  ${master.fingerprint}`,
    `root       ${rootVersions.join(', ')}${unfinished}`,
    `directory  ${fingerprint}`,
    '',
    ...table([['of', 'key', 'state', 'files', 'since'], ...rows]),
    ...unreadableFiles.map((file) => `unreadable header: ${file}`),
    '',
  ].join('\n');
}

/** Writes what a check has found for a person. */
export function renderFaults({ faults, ...seen }: CheckProgress & { readonly faults: readonly DataFault[] }): string {
  const lines = faults.map(({ file, fault, dataset, part, column, release }) => {
    const where = typeof fault === 'number' ? `broken at chunk ${fault}` : WORDS[fault];
    const told = Object.entries({ dataset, part, column, release });
    const names = told.flatMap(([name, value]) => value && `${name} \`${value}\``);
    return [`${file}: ${where}`, ...names.filter((name) => name !== undefined)].join(', ');
  });
  const verdict = faults.length === 0 ? 'all is sound' : `${faults.length} broken`;
  return `${[...lines, `${seen.fileCount} files, ${sizeText(seen.byteCount)}: ${verdict}`].join('\n')}\n`;
}

/** Writes a number of bytes for a person. */
export function sizeText(byteCount: number): string {
  return `${(byteCount / BYTES_PER_MIB).toFixed(1)} MiB`;
}

const WORDS: Readonly<Record<Exclude<DataFault['fault'], number>, string>> = {
  header: 'broken at its header',
  end: 'broken at its end',
  missing: 'missing',
  elsewhere: 'another file than the one that belongs there',
  'key-destroyed': 'its key was destroyed',
  'key-broken': 'a wrapped key is broken',
};

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
