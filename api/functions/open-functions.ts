import type { PrintedFunction } from '../../policies/index.ts';
import type { ScoringFunction } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { functionDigest, parseSignature } from './function-digest.ts';

/** Opens the code that a printed query calls from its seal, for the wall alone. */
export async function openFunctions(
  kitchen: Kitchen,
  collaborationId: string,
  named: readonly PrintedFunction[],
): Promise<ScoringFunction[]> {
  const opened: ScoringFunction[] = [];
  for (const { name, digest } of named) opened.push({ name, ...(await openVersion(kitchen, collaborationId, digest)) });
  return opened;
}

async function openVersion(kitchen: Kitchen, collaborationId: string, digest: string) {
  const row = await kitchen.store.db
    .selectFrom('functions')
    .innerJoin('function_versions', 'function_versions.function_id', 'functions.function_id')
    .selectAll('function_versions')
    .where('functions.collaboration_id', '=', collaborationId)
    .where('function_versions.digest', '=', digest)
    .executeTakeFirstOrThrow();
  const code = kitchen.vault.openBytes(
    { label: 'function-code', id: `${row.function_id}/${row.version}` },
    row.code_sealed,
  );
  const { parameters, returns } = parseSignature(row.signature);
  const version = { language: row.language, code, parameters, returns };
  // The plan was made for this signature. Whoever writes into the store must not give the code another one.
  if (functionDigest(version) !== digest) throw new Error('a stored function is not what its digest says');
  return {
    language: row.language,
    code,
    parameters: parameters.map((p) => ({ ...p, values: p.values === null ? null : [...p.values] })),
    returns: returns.kind === 'label' ? { ...returns, labels: [...returns.labels] } : { ...returns },
  };
}
