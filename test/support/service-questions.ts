import { randomUUID } from 'node:crypto';
import { verifyAudit } from '../../cli/audit-verify.ts';
import { type ReleaseRows, readReleaseRows } from '../../cli/render/index.ts';
import { queries } from '../../proto/index.ts';
import type { Actor } from './service-rules.ts';
import type { ServiceStage } from './service-stage.ts';

/** The join of both tables, to put a SELECT before and more behind. */
export const joined = 'from chenxi.mailings m join jiufang.outcomes o on m.email = o.email';

/** The question of most tests: public groups over joined data. */
export const armsSql = `select m.arm, count(distinct m.email) as persons, sum(o.visit) as visits, sum(o.spend) as spend ${joined} group by m.arm order by m.arm`;

/** One row of a release. */
export type Row = ReleaseRows['rows'][number];

/** A question as a request carries it; ISVs name whom they act for. */
export function questionOf(collaborationId: string, sql: string, fields: Partial<queries.Question> = {}) {
  const mode = queries.ReleaseMode.UNSPECIFIED;
  return { collaborationId, sql, epsilon: 1, onBehalfOf: '', omitIntervals: false, mode, ...fields };
}

/** Asks a question and waits for its release. */
export async function ask(
  stage: ServiceStage,
  actor: Actor,
  collaborationId: string,
  sql: string,
  fields: Partial<queries.Question> = {},
): Promise<{ query: queries.Query; bytes: Buffer } & ReleaseRows> {
  const client = stage.as(actor).queries;
  const query = await client.submit(questionOf(collaborationId, sql, fields), randomUUID());
  const bytes = await client.readRelease(query.queryId);
  return { query, bytes, ...readReleaseRows(bytes) };
}

/** The losses charged so far to every account that somebody sees, by account. */
export async function chargesOf(
  stage: ServiceStage,
  actor: Actor,
  collaborationId: string,
): Promise<Readonly<Record<string, number>>> {
  const accounts = await stage.as(actor).collaborations.budget(collaborationId);
  return Object.fromEntries(accounts.map(({ account, charged }) => [account, charged?.rho ?? 0]));
}

/** An entry of the log as its leaf says it. */
export interface LoggedEntry {
  readonly leafIndex: number;
  readonly kind: string;
  readonly actor: { readonly principal: string; readonly member: string } | null;
  readonly collaboration: string | null;
  readonly subject: Readonly<Record<string, unknown>>;
}

/** All entries of a kind, or of every kind, as the auditor reads them. */
export async function entriesOf(stage: ServiceStage, kind = ''): Promise<readonly LoggedEntry[]> {
  const entries = stage.as('auditor').audit.entries({ collaborationId: '', kind, fromIndex: 0n });
  return (await Array.fromAsync(entries)).map(({ leafIndex, leaf }) => ({
    ...(JSON.parse(Buffer.from(leaf).toString()) as Omit<LoggedEntry, 'leafIndex'>),
    leafIndex: Number(leafIndex),
  }));
}

/** Verifies the whole log as an auditor does, offline. @throws when one promise is broken */
export async function verifyLogOf(stage: ServiceStage, seenCheckpoints: readonly string[] = []) {
  return await verifyAudit(stage.as('auditor'), { seenCheckpoints });
}
