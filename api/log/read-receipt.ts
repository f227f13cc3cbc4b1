import type { ReceiptSalts } from '../../audit/index.ts';
import type { audit } from '../../proto/index.ts';
import { admitToAudience } from '../audiences/index.ts';
import { openDetail } from '../details/index.ts';
import { type Call, notFound, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { admitToQuestion } from '../queries/index.ts';
import { bundleReceipt, findReceipt } from '../receipts/index.ts';
import type { ReceiptsTable } from '../store/index.ts';
import type { EntryIndex } from './entry-index/index.ts';
import { readScope } from './log-scope.ts';

const NO_SALTS: ReceiptSalts = { query: null, output: null };

/**
 * The receipt of a release or an activation, with all that verifies it.
 *
 * Who may fetch what it is of gets the salts too, and can compare. Who may read its entry sees what it says, without
 * them: noisy counts have few values, and a salt would let an auditor try them all.
 */
export async function readReceipt(
  kitchen: Kitchen,
  index: EntryIndex,
  call: Call,
  { subjectId }: audit.GetReceiptRequest,
): Promise<audit.GetReceiptResponse> {
  const receipt = await findReceipt(kitchen, subjectId);
  if (receipt === undefined) throw notFound('receipt');
  const { collaboration_id: collaboration } = receipt;
  const { kind, salts } = await admitToReceipt(kitchen, index, call, receipt);
  await record(kitchen, {
    kind: 'receipt-read',
    call,
    collaboration,
    subject: { [kind]: subjectId, withSalts: salts !== NO_SALTS },
  });
  return { receipt: receipt.jws, bundle: Buffer.from(await bundleReceipt(kitchen, receipt, salts)) };
}

interface Opened {
  readonly kind: 'question' | 'activation';
  readonly salts: ReceiptSalts;
}

async function admitToReceipt(
  kitchen: Kitchen,
  index: EntryIndex,
  call: Call,
  receipt: ReceiptsTable,
): Promise<Opened> {
  const { subject_id: subjectId } = receipt;
  const audienceId = await audienceOf(kitchen, subjectId);
  const kind = audienceId === undefined ? 'question' : 'activation';
  try {
    if (audienceId === undefined) await admitToQuestion(kitchen, call, 'read-question', subjectId);
    else await admitToAudience(kitchen, call, 'read-audience', audienceId);
  } catch (cause) {
    if (!(cause instanceof ServiceError)) throw cause;
    if (await mayReadEntry(kitchen, index, call, receipt)) return { kind, salts: NO_SALTS };
    throw cause;
  }
  return { kind, salts: await saltsOf(kitchen, subjectId, audienceId) };
}

async function audienceOf({ store }: Kitchen, activationId: string): Promise<string | undefined> {
  const row = await store.db
    .selectFrom('activations')
    .select('audience_id')
    .where('activation_id', '=', activationId)
    .executeTakeFirst();
  return row?.audience_id;
}

/** Whether a caller sees the entry itself: by its rights in the collaboration, or within the window of a grant. */
async function mayReadEntry(
  kitchen: Kitchen,
  index: EntryIndex,
  call: Call,
  { collaboration_id, leaf_index }: ReceiptsTable,
): Promise<boolean> {
  const scope = await readScope(kitchen, index, call, collaboration_id).catch((cause: unknown) => {
    if (cause instanceof ServiceError) return undefined;
    throw cause;
  });
  if (scope === undefined || scope.visible === 'all') return scope !== undefined;
  return scope.visible.some(({ fromIndex, untilIndex }) => fromIndex <= leaf_index && leaf_index < untilIndex);
}

/** What an erasure has destroyed is not there any more; the receipt holds without it. */
async function saltsOf(kitchen: Kitchen, subjectId: string, audienceId: string | undefined): Promise<ReceiptSalts> {
  const hexOf = async (kind: 'question' | 'release' | 'definition', id: string): Promise<string | null> => {
    const detail = await openDetail(kitchen, { kind, subjectId: id });
    return detail?.state === 'kept' ? Buffer.from(detail.salt).toString('hex') : null;
  };
  if (audienceId !== undefined) return { query: await hexOf('definition', audienceId), output: null };
  return { query: await hexOf('question', subjectId), output: await hexOf('release', subjectId) };
}
