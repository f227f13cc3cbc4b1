// The worker: says it is ready, takes one job, answers it, ends. Whatever goes wrong becomes a code; the text of an
// error carries values of rows.

import type { DuckDBConnection } from 'duckdb';

import { COLD_ENGINE_WORD, type JobSpec, READING_ENGINE_WORD } from '../wire/jobs.ts';
import { answer, receive } from './channel.ts';
import { RefusedInput } from './ingest/refused-input.ts';
import { expectInside } from './inside.ts';

expectInside();
// The engine is loaded before there is a job: that is what a warm spare is for. Not where files are read, which never
// comes to it: what is not loaded cannot be attacked either.
const word = process.argv.at(-1);
const warm = word === COLD_ENGINE_WORD ? undefined : await openWarm(word === READING_ENGINE_WORD);
answer({ kind: 'ready' });

try {
  const message = receive();
  if (message.kind !== 'job') throw new Error('a job was expected');
  await runJob(message.job);
} catch (error) {
  if (error instanceof RefusedInput) answer({ kind: 'failed', code: 'INPUT_REFUSED', reason: error.reason });
  else answer({ kind: 'failed', code: 'RUN_FAILED', reason: null });
}
process.exit(0);

// Locked before anything of a job is known: nothing that comes with one ever meets an engine that is open.
async function openLocked(): Promise<DuckDBConnection> {
  const { lockEngine, openEngine } = await import('./engine/engine.ts');
  const engine = await openEngine();
  await lockEngine(engine);
  return engine;
}

// What is loaded only when there is a job makes its asker wait.
async function openWarm(isReader: boolean): Promise<DuckDBConnection> {
  const engine = await openLocked();
  const jobs = [import('./jobs/parse.ts'), import('./jobs/run.ts')];
  await Promise.all(isReader ? jobs : [...jobs, import('./jobs/run-sharded.ts')]);
  const { warmUpForTables, warmUpForTexts } = await import('./engine/warm-up.ts');
  await warmUpForTexts(engine);
  if (!isReader) await warmUpForTables(engine);
  return engine;
}

async function runJob(job: JobSpec): Promise<void> {
  switch (job.kind) {
    case 'parse':
      return await (await import('./jobs/parse.ts')).parse(warm ?? (await openLocked()), job);
    case 'check-function':
      return (await import('./jobs/check-function.ts')).checkFunction(job);
    case 'run':
      return await (await import('./jobs/run.ts')).run(warm ?? (await openLocked()), job);
    case 'run-sharded':
      return await (await import('./jobs/run-sharded.ts')).runSharded(warm ?? (await openLocked()), job);
    case 'derive':
      return await (await import('./jobs/derive.ts')).derive(warm ?? (await openLocked()), job);
    case 'compose':
      return await (await import('./jobs/run.ts')).compose(warm ?? (await openLocked()), job);
    case 'ingest':
      return await (await import('./jobs/ingest.ts')).ingest(job);
    case 'inspect':
      return await (await import('./jobs/inspect.ts')).inspect(job);
    case 'pseudonymise':
      return (await import('./jobs/pseudonymise.ts')).pseudonymise(job);
    case 'resolve':
      return (await import('./jobs/resolve.ts')).resolve(job);
    case 'assign':
      return (await import('./jobs/assign.ts')).assign();
    case 'tokenise':
      return (await import('./jobs/tokenise.ts')).tokenise(job);
    case 'judge-rows':
      return (await import('./jobs/judge-rows.ts')).judgeRows(job);
    case 'link-identifiers':
      return (await import('./jobs/link-identifiers.ts')).linkIdentifiers(job);
    case 'redact':
      return await (await import('./jobs/redact.ts')).redact(job);
    case 'match-kinds':
      return (await import('./jobs/match-kinds.ts')).matchKinds(job);
    case 'hide-points':
      return (await import('./jobs/hide-points.ts')).hidePoints(job);
    case 'count-matches':
      return (await import('./jobs/count-matches.ts')).countMatches(job);
  }
}
