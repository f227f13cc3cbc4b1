// Run as a process of its own, to be killed: sends half of a file, says so, and then nothing for ever.
import { setTimeout as sleep } from 'node:timers/promises';
import { GalleyClient } from '../../cli/client/index.ts';
import { datasets } from '../../proto/index.ts';
import { mailingsCsv } from './service-people.ts';

const NEVER_MS = 600_000;
const [server = '', token = '', datasetId = '', uploadId = ''] = process.argv.slice(2);

async function* halfOfFile(): AsyncGenerator<Buffer> {
  const csv = mailingsCsv();
  yield Buffer.from(csv.slice(0, csv.length / 2));
  process.stdout.write('{"sent":"half"}\n');
  await sleep(NEVER_MS);
}

const header = { datasetId, uploadId, format: datasets.FileFormat.CSV, maxRejects: 0n };
await new GalleyClient({ server, token }).datasets.upload(header, halfOfFile(), () => {});
