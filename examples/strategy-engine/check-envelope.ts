import { strategy } from '../../proto/index.ts';
import { EngineRefusal } from './engine-refusal.ts';

/** Ids and names are for people and logs. */
const NAME_MAX_CHARS = 256;
/** Length of a membership token. */
export const TOKEN_BYTES = 16;
/** Most bytes of tokens in one batch: 65,536 tokens are stored in well under a second. */
const BATCH_MAX_BYTES = 1_048_576;
/** Most batches of a publication: ten million members in the smallest sensible batches, many times over. */
const BATCH_MAX_COUNT = 1_000_000;
/** Length of a SHA-256 digest. */
const DIGEST_BYTES = 32;
/** SQLite counts in 64 bits with a sign. */
const VERSION_MAX = 2n ** 63n - 1n;

/** A part with all that every part has. */
export interface CheckedEnvelope {
  readonly audienceId: string;
  readonly version: bigint;
  readonly part: NonNullable<strategy.Envelope['part']>;
}

/**
 * Looks at a part by itself, before anything is stored of it.
 *
 * @throws {EngineRefusal} INVALID_ARGUMENT, naming what no sender of this contract would send
 */
export function checkEnvelope({ audienceId, version, part }: strategy.Envelope, identifier: string): CheckedEnvelope {
  if (audienceId === '' || audienceId.length > NAME_MAX_CHARS)
    throw invalid(`\`audience_id\` must have 1 to ${NAME_MAX_CHARS} characters`);
  if (version < 1n || version > VERSION_MAX) throw invalid('`version` must count from 1');
  if (part === undefined) throw invalid('the envelope must hold a part');
  if (part.$case === 'begin') checkBegin(part.value, identifier);
  if (part.$case === 'batch') checkBatch(part.value);
  if (part.$case === 'commit' && part.value.digest.length !== DIGEST_BYTES)
    throw invalid(`\`digest\` must have ${DIGEST_BYTES} bytes`);
  if (part.$case === 'withdrawal' && part.value.reason.length > NAME_MAX_CHARS)
    throw invalid(`\`reason\` must have ${NAME_MAX_CHARS} characters at most`);
  return { audienceId, version, part };
}

function checkBegin(begin: strategy.PublicationBegin, identifier: string): void {
  if (begin.displayName.length > NAME_MAX_CHARS || begin.purpose.length > NAME_MAX_CHARS)
    throw invalid(`\`display_name\` and \`purpose\` must have ${NAME_MAX_CHARS} characters at most`);
  // Tokens of another identifier would match nobody, and nobody would see why.
  if (begin.identifier !== identifier)
    throw invalid(`tokens of \`${identifier}\` are expected and those of another identifier were announced`);
  const { FULL, DELTA } = strategy.PublicationKind;
  if (begin.kind !== FULL && begin.kind !== DELTA) throw invalid('`kind` must be full or delta');
  if (begin.batchCount > BATCH_MAX_COUNT) throw invalid(`\`batch_count\` must be ${BATCH_MAX_COUNT} at most`);
  if (begin.expiresAtS < 0n) throw invalid('`expires_at_s` must not be negative');
}

function checkBatch({ index, added, removed }: strategy.PublicationBatch): void {
  if (index >= BATCH_MAX_COUNT) throw invalid(`\`index\` must be under ${BATCH_MAX_COUNT}`);
  if (added.length % TOKEN_BYTES !== 0 || removed.length % TOKEN_BYTES !== 0)
    throw invalid(`a membership token has ${TOKEN_BYTES} bytes`);
  if (added.length + removed.length > BATCH_MAX_BYTES)
    throw invalid(`a batch must have ${BATCH_MAX_BYTES} bytes of tokens at most`);
}

function invalid(message: string): EngineRefusal {
  return new EngineRefusal('INVALID_ARGUMENT', message);
}
