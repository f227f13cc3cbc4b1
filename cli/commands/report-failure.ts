import { printable, renderRefusal } from '../render/index.ts';
import { toJson } from './command-context.ts';
import { exitCodes, RefusedCall, UsageFault } from './command-failure.ts';

/**
 * Says on stderr why a command failed, as text or under `--json` as one JSON document.
 *
 * @returns the exit code
 */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof RefusedCall) {
    process.stderr.write(`${json ? toJson({ error: error.refusal }) : renderRefusal(error.refusal, error.sql)}\n`);
    return exitCodes.failed;
  }
  const message = messageOf(error);
  process.stderr.write(`${json ? toJson({ error: { message } }) : `error: ${printableLines(message)}`}\n`);
  return error instanceof UsageFault ? exitCodes.usage : exitCodes.failed;
}

// A message may quote what somebody else wrote: the name of a key, or of a file in a copy of a log.
function printableLines(message: string): string {
  return message.split('\n').map(printable).join('\n');
}

// The verifier's own errors carry a code, without which their sentence cannot be looked up.
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('code' in error) || typeof error.code !== 'string') return error.message;
  const place = 'leafIndex' in error && typeof error.leafIndex === 'number' ? ` at entry ${error.leafIndex}` : '';
  return `${error.message}${place} (${error.code})`;
}
