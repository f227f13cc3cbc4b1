import { status } from '@grpc/grpc-js';
import { EngineRefusal } from './engine-refusal.ts';

/** How an error is told over gRPC: a refusal in its own words, anything else without any. */
export function statusOf(error: unknown): { code: status; details: string } {
  if (error instanceof EngineRefusal) return { code: status[error.code], details: error.message };
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return { code: status.INTERNAL, details: 'the engine could not do it; its log says why' };
}
