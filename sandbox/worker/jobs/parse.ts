import type { DuckDBConnection } from 'duckdb';

import type { JobSpec } from '../../wire/jobs.ts';
import { MAX_TREE_BYTES } from '../../wire/messages.ts';
import { answer } from '../channel.ts';
import { serialiseSql } from '../engine/serialise-sql.ts';

/**
 * Most bytes of SQL: the tree is some thirty times as large, and the largest statement a person writes is a tenth
 * of this.
 */
const MAX_SQL_BYTES = 65_536;

/** How the engine says that a text nests too deep; it is a limit of the parser, not a fault of the grammar. */
const TOO_DEEP = /^memory exhausted|expression depth limit/i;

/** Turns SQL text into the engine's own syntax tree; nothing is bound and nothing runs. */
export async function parse(engine: DuckDBConnection, job: JobSpec & { kind: 'parse' }): Promise<void> {
  if (Buffer.byteLength(job.sql) > MAX_SQL_BYTES)
    return answer({ kind: 'unparsed', reason: 'too-large', position: null });
  // The engine reads text up to the first NUL: what follows would be approved unseen.
  const nul = job.sql.indexOf('\0');
  if (nul >= 0)
    return answer({ kind: 'unparsed', reason: 'syntax', position: Buffer.byteLength(job.sql.slice(0, nul)) });
  const text = await serialiseSql(engine, job.sql);
  if (Buffer.byteLength(text) > MAX_TREE_BYTES)
    return answer({ kind: 'unparsed', reason: 'too-large', position: null });
  if (!text.startsWith('{"error":true')) return answer({ kind: 'tree', text });
  const failure = JSON.parse(text) as { error_type?: unknown; error_message?: unknown; position?: unknown };
  if (TOO_DEEP.test(String(failure.error_message)))
    return answer({ kind: 'unparsed', reason: 'too-large', position: null });
  const isSyntax = failure.error_type === 'parser';
  answer({
    kind: 'unparsed',
    reason: isSyntax ? 'syntax' : 'not-select',
    position: isSyntax ? bytePosition(job.sql, failure.position) : null,
  });
}

// The engine counts characters; everybody else here counts bytes.
function bytePosition(sql: string, position: unknown): number | null {
  const characters = typeof position === 'string' && /^\d{1,6}$/.test(position) ? Number(position) : null;
  if (characters === null) return null;
  return Buffer.byteLength([...sql].slice(0, characters).join(''));
}
