import { ReplayRules } from '../../cli/audit-replay.ts';
import { type Replayed, replayHistory, replayOne } from '../../cli/replay-history.ts';
import type { ServiceStage } from './service-stage.ts';

/** Decides again on one decision as an auditor of all does: of an entry by its place, or of what has an id. */
export async function replayAs(stage: ServiceStage, what: string): Promise<Replayed> {
  return await replayOne(stage.as('auditor'), await ReplayRules.of([]), what);
}

/** Decides again on the whole history. */
export async function replayAll(
  stage: ServiceStage,
  { rules, collaborationId = '' }: { readonly rules?: ReplayRules; readonly collaborationId?: string } = {},
): Promise<readonly Replayed[]> {
  const range = { collaborationId, fromIndex: 0n };
  return await Array.fromAsync(replayHistory(stage.as('auditor'), rules ?? (await ReplayRules.of([])), range));
}
