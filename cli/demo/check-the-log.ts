import { verifyAudit } from '../audit-verify.ts';
import { renderTable } from '../render/index.ts';
import { cast } from './cast.ts';
import type { Narrator } from './narrator.ts';
import type { Stage } from './stage.ts';
import type { ToldAudit } from './told.ts';

/** Lets the auditor list what happened and verify the whole log on its own machine. */
export async function checkTheLog({ clients }: Stage, narrator: Narrator): Promise<ToldAudit> {
  narrator.part('The auditor checks');
  const counts = new Map<string, number>();
  let entryCount = 0;
  for await (const { kind } of clients.auditor.audit.entries({ collaborationId: '', kind: '', fromIndex: 0n })) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    entryCount += 1;
  }
  narrator.say(`Everything above is in a log that can only grow. ${cast.auditor.member} finds ${entryCount} entries:`);
  narrator.block(
    renderTable(
      ['what happened', 'times'],
      [...counts].map(([kind, count]) => [kind.replaceAll('-', ' '), String(count)]),
    ),
  );
  const verified = await verifyAudit(clients.auditor, { seenCheckpoints: [] });
  narrator.say(
    `Reading the log is logged as well. The auditor read all ${verified.entries} entries, built the seal of the whole log from them (${verified.rootHash.slice(0, 16)}…), and found it to be the seal that the service signed: verified. A changed, dropped or inserted entry would have broken it. No entry holds a result or a person.`,
  );
  return { entries: verified.entries, treeSize: verified.treeSize, rootHash: verified.rootHash, verified: true };
}
