import type { datasets } from '../../proto/index.ts';
import type { Refusal } from '../refusal.ts';
import { printable } from './printable.ts';
import { renderTable } from './table.ts';
import { renderViolations } from './violation.ts';

// What to do next, for reasons that a person at a terminal can do something about.
const helpByCode: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'give a token with --token-file or GALLEY_TOKEN; `galley token` mints one for trying out',
  UNAVAILABLE:
    'is the service running? `npm start` starts one, --server says where it listens; over TLS it needs --ca, mutual TLS also --cert and --key',
  DEADLINE_EXCEEDED: 'the service took too long; asking again with the same request id charges nothing twice',
  PERMISSION_DENIED:
    '`galley collaboration show` lists what each member may; a service provider names its grantor with --on-behalf-of',
};

/** Renders a refused call for a terminal. `sql` is the submitted text, when the call carried one. */
export function renderRefusal(refusal: Refusal, sql = ''): string {
  const name = refusal.reason === '' ? refusal.code : refusal.reason;
  const parts = [`refused (${printable(name)}): ${printable(messageOf(refusal))}`];
  if (refusal.violations.length > 0) parts.push('', renderViolations(sql, refusal.violations));
  for (const { field, description } of refusal.fields) parts.push(`  ${printable(field)}: ${printable(description)}`);
  const { rejects } = refusal;
  if (rejects !== undefined && rejects.rejectedCount > 0n) parts.push('', renderRejects(rejects));
  if (refusal.retrySeconds !== undefined) parts.push(`try again in ${Math.ceil(refusal.retrySeconds)} s`);
  const help = helpByCode[refusal.code];
  if (help !== undefined) parts.push(`help: ${help}`);
  return parts.join('\n');
}

// Without a reason it was gRPC itself that failed: of what it says, the last error is what a person can use.
function messageOf({ code, reason, message }: Refusal): string {
  if (code !== 'UNAVAILABLE' || reason !== '') return message;
  const cause = /Last error: (?:Error: )?(.+?)\. Resolution note/u.exec(message)?.[1];
  return cause === undefined ? 'the service cannot be reached' : `the service cannot be reached: ${cause}`;
}

// A screen of rows shows what is wrong with a file; --json has all that were sent.
const maxShownRejects = 20;

/** Renders refused rows of an upload by line, column and reason; never by value, which nobody sent. */
export function renderRejects(report: datasets.RejectReport): string {
  const shown = report.rejects.slice(0, maxShownRejects);
  const table = renderTable(
    ['line', 'column', 'reason'],
    shown.map(({ line, column, reason }) => [String(line), column === '' ? '(whole row)' : column, reason]),
  );
  const hidden = Number(report.rejectedCount) - shown.length;
  const total = `${report.rejectedCount} rows refused`;
  return hidden > 0 ? `${table}\n${total}, ${hidden} of them not shown` : `${table}\n${total}`;
}
