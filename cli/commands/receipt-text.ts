import type { VerifiedReceipt } from '../auditor/verify-receipt-file.ts';
import { formatNumber, printable } from '../render/index.ts';

/** What a receipt says, read without believing it. */
export interface ShownReceipt {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly bundle: Readonly<Record<string, unknown>>;
}

/** Reads a bundle for showing it; nothing is verified. */
export function readReceiptBundle(text: string): ShownReceipt {
  const bundle = JSON.parse(text) as { receipt: string };
  const [, payload = ''] = bundle.receipt.split('.');
  return { claims: JSON.parse(Buffer.from(payload, 'base64url').toString()) as ShownReceipt['claims'], bundle };
}

/** Writes a receipt that was fetched for a person. */
export function receiptText({ claims }: ShownReceipt, savedIn: string | undefined): string {
  const where = claims.log as { leafIndex: number; treeSize: number };
  return [
    ...statementLines(claims.statement as Statement),
    `entry ${where.leafIndex} of the log ${printable(String(claims.iss))}`,
    savedIn === undefined
      ? 'not kept: --save FILE keeps it with all that verifies it'
      : `kept in ${savedIn}; verify it with \`galley receipt verify ${savedIn} --verifier-key KEY\``,
  ].join('\n');
}

/** Writes a receipt that was verified for a person. */
export function verifiedText({
  statement,
  entry,
  checkpoint,
  log,
  kid,
  isKeyWithdrawn,
  compared,
}: VerifiedReceipt): string {
  const lines = [
    ...statementLines(statement as Statement),
    `by ${printable(entry.actor?.principal ?? 'the service')} at ${entry.at}, entry ${log.leafIndex} of the log ${printable(checkpoint.origin)}`,
    `verified: signed with key ${kid}, and word for word what the log holds in its tree of ${checkpoint.treeSize} entries`,
    compared.release ? 'the release is the one that left' : 'no release was compared; --release FILE does',
  ];
  if (compared.query) lines.push('the SQL is the one that was asked');
  if (isKeyWithdrawn)
    lines.push('its key was given up later; the log dates this receipt before that, and binds it word for word');
  return lines.join('\n');
}

interface Statement {
  readonly kind?: unknown;
  readonly collaboration?: unknown;
  readonly question?: unknown;
  readonly activation?: unknown;
  readonly destination?: unknown;
  readonly tables?: readonly { readonly table?: unknown; readonly snapshot?: unknown }[];
  readonly privacy?: { readonly charged?: { readonly epsilon?: unknown; readonly delta?: unknown } };
}

function statementLines({
  kind,
  collaboration,
  question,
  activation,
  destination,
  tables,
  privacy,
}: Statement): string[] {
  const subject =
    kind === 'activation' ? `activation ${told(activation)} to ${told(destination)}` : `release of ${told(question)}`;
  const charged = privacy?.charged;
  return [
    `${subject}, in ${told(collaboration)}`,
    ...(tables ?? []).map(({ table, snapshot }) => `  over ${told(table)}, ${told(snapshot)}`),
    ...(charged === undefined
      ? []
      : [`  charged epsilon ${formatNumber(Number(charged.epsilon), 4)}, delta ${Number(charged.delta)}`]),
  ];
}

function told(value: unknown): string {
  return printable(typeof value === 'string' ? value : '?');
}
