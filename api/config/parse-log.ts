import { type Config, DEFAULT_LOG_ORIGIN, DEFAULT_WITNESS_INTERVAL_MS, type WitnessConfig } from './config.ts';
import { ConfigRefused } from './config-refused.ts';
import { readCount, readDocument, readText } from './fields.ts';
import { isLoopback } from './listen-address.ts';

/** Longest name of a log: it stands in every checkpoint and receipt, and a witness keeps it. */
const MAX_ORIGIN_CHARS = 255;

/** Reads what the file says of the log. @throws {ConfigRefused} */
export function parseLog(value: unknown): Config['log'] {
  const document = readDocument(value, 'log', ['origin', 'witnesses', 'witnessIntervalMs']);
  const interval = document.witnessIntervalMs ?? DEFAULT_WITNESS_INTERVAL_MS;
  return {
    origin: parseOrigin(document.origin ?? DEFAULT_LOG_ORIGIN),
    witnesses: parseWitnesses(document.witnesses ?? []),
    witnessIntervalMs: readCount(interval, 'log.witnessIntervalMs', WITNESS_INTERVAL_BOUNDS_MS),
  };
}

/** Most witnesses: a checkpoint holds a hundred signatures, and each is asked anew whenever the log has grown. */
const MAX_WITNESSES_COUNT = 32;

/** Under the least a busy log would do little else; a day is the most that anybody should have to wait for a witness. */
const WITNESS_INTERVAL_BOUNDS_MS = { least: 100, most: 86_400_000 };

function parseWitnesses(value: unknown): readonly WitnessConfig[] {
  if (!Array.isArray(value) || value.length > MAX_WITNESSES_COUNT) {
    throw new ConfigRefused('log.witnesses', `\`log.witnesses\` must be a list of at most ${MAX_WITNESSES_COUNT}`);
  }
  return value.map((item: unknown, index) => {
    const field = `log.witnesses[${index}]`;
    const { url, verifierKey } = readDocument(item, field, ['url', 'verifierKey']);
    return {
      url: parseWitnessUrl(readText(url, `${field}.url`), `${field}.url`),
      verifierKey: readText(verifierKey, `${field}.verifierKey`),
    };
  });
}

// What is sent is public and signed; whoever could change the answer could only keep a cosignature back. But a witness
// that is asked in the clear shows everybody on the way how much is asked here, and when.
function parseWitnessUrl(text: string, field: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (url !== undefined && isSafe && url.search === '' && url.hash === '') return text.replace(/\/+$/, '');
  throw new ConfigRefused(field, `\`${field}\` must be an address like \`https://witness.example\``);
}

// A line of the checkpoint and the name of its key: the formats of C2SP leave no room for a space or a plus.
function parseOrigin(value: unknown): string {
  const origin = readText(value, 'log.origin');
  if (origin.length <= MAX_ORIGIN_CHARS && !/[\s+\p{C}]/u.test(origin)) return origin;
  throw new ConfigRefused(
    'log.origin',
    `\`log.origin\` must be a name of at most ${MAX_ORIGIN_CHARS} characters without spaces and \`+\`, like \`clean-room.example/log\``,
  );
}
