import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseColumn } from '../../../cli/commands/index.ts';
import { datasets } from '../../../proto/index.ts';
import { runSql } from '../../support/engine.ts';
import { type MadeUpPerson, peopleColumns } from './people.ts';

/** How a file can be written. */
export const FORMS = ['csv', 'gzipped csv', 'ndjson', 'parquet'] as const;

/** One of them. */
export type Form = (typeof FORMS)[number];

/** The schema of these files, as a request says it. */
export function peopleSchema(): datasets.Column[] {
  return peopleColumns.map((text) => parseColumn(text));
}

/** What a form is called in the contract. */
export function formatOf(form: Form): datasets.FileFormat {
  if (form === 'ndjson') return datasets.FileFormat.NDJSON;
  return form === 'parquet' ? datasets.FileFormat.PARQUET : datasets.FileFormat.CSV;
}

/** Writes people as a file of a form. */
export async function fileOf(form: Form, people: readonly MadeUpPerson[]): Promise<Buffer> {
  if (form === 'ndjson') return Buffer.from(people.map((person) => `${JSON.stringify(rowOf(person))}\n`).join(''));
  const csv = Buffer.from(csvOf(people));
  if (form === 'csv') return csv;
  return form === 'gzipped csv' ? gzipSync(csv) : await parquetOf(csv);
}

function csvOf(people: readonly MadeUpPerson[]): string {
  const lines = people.map((person) => Object.values(rowOf(person)).join(','));
  return `email,phone,member_id,city,spend,note\n${lines.join('\n')}\n`;
}

function rowOf({ email, phone, memberId, city, spendCents, note }: MadeUpPerson): Readonly<Record<string, string>> {
  return { email, phone, member_id: memberId, city, spend: (spendCents / 100).toFixed(2), note };
}

// By DuckDB, which is not the writer of our tests of the reader.
async function parquetOf(csv: Buffer): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), 'galley-people-'));
  try {
    const [from, to] = [join(directory, 'people.csv'), join(directory, 'people.parquet')];
    writeFileSync(from, csv);
    const source = `SELECT * REPLACE (spend::DECIMAL(18, 2) AS spend) FROM read_csv('${from}', all_varchar = true)`;
    await runSql(`COPY (${source}) TO '${to}' (FORMAT parquet)`);
    return readFileSync(to);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
