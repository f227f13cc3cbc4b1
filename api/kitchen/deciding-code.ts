import { readFile } from 'node:fs/promises';
import { digestOfSources } from '../../audit/index.ts';
import type { DecidingCode } from '../../policies/index.ts';

const ROOT = new URL('../../', import.meta.url);

/**
 * Which code this service decides by. There is no build step: what is read here is what runs.
 *
 * Engine: the one that package.json pins, whose grammar parses every question.
 */
export async function readDecidingCode(): Promise<DecidingCode> {
  const manifest = JSON.parse(await readFile(new URL('package.json', ROOT), 'utf8')) as {
    version: string;
    dependencies: { duckdb: string };
  };
  return {
    version: manifest.version,
    engine: manifest.dependencies.duckdb.replace(/^npm:/u, ''),
    rules: await digestOfSources(new URL('policies/', ROOT).pathname),
  };
}
