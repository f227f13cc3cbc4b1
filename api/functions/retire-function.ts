import type { Call } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { admitToFunction, type FunctionRow } from './function-record.ts';

/**
 * Ends a function: questions that were admitted still run, audiences that were defined keep it, new ones do not find
 * it. A second time changes nothing.
 */
export async function retireFunction(kitchen: Kitchen, call: Call, functionId: string): Promise<FunctionRow> {
  const { row } = await admitToFunction(kitchen, call, 'retire-function', functionId);
  if (row.retired_at_ms !== null) return row;
  const subject = { function: functionId, name: `${row.member}.${row.name}`, digest: row.digest };
  await record(kitchen, { kind: 'function-retired', call, collaboration: row.collaboration_id, subject });
  const retired = { ...row, retired_at_ms: kitchen.nowMs() };
  await kitchen.store.db
    .updateTable('functions')
    .set({ retired_at_ms: retired.retired_at_ms })
    .where('function_id', '=', functionId)
    .execute();
  return retired;
}
