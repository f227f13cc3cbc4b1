import type { KmsMasterConfig } from '../config/index.ts';
import { type MasterKey, MasterKeyRefused } from '../vault/index.ts';

/** Tries of one call: the service starts with it, and a short trouble of the network shall not stop a start. */
const TRIES_COUNT = 3;

/** Longest time to connect, and to wait for an answer; an answer takes milliseconds. */
const CONNECT_MS = 3_000;
const ANSWER_MS = 10_000;

/** What it is bound to at the key service: who may use the key, and for what, can be said there by this name. */
const CONTEXT_NAME = 'galley:directory';

/** What to do, by the name the key service gives its refusal. Its text is never shown: it may quote names of others. */
const WAYS_OUT: Readonly<Record<string, string>> = {
  NotFoundException: 'check `keys.master.keyId` and `keys.master.region`',
  AccessDeniedException: 'permit this service to Encrypt and Decrypt with it',
  'HTTP 403': 'permit this service to Encrypt and Decrypt with it',
  UnrecognizedClientException: 'check the credentials of this service',
  ExpiredTokenException: 'renew the credentials of this service',
  CredentialsProviderError: 'give this service credentials, as the AWS tools take them',
  DisabledException: 'enable it',
  KMSInvalidStateException: 'it is disabled or about to be deleted; enable it or cancel its deletion',
  InvalidCiphertextException: 'it is not the key, or not the data directory, that the root key was wrapped for',
  IncorrectKeyException: 'it is not the key that the root key was wrapped with',
  InvalidKeyUsageException: 'it must be a symmetric key for encryption',
  TimeoutError: 'the key service cannot be reached; check `keys.master.endpoint` and the network',
  ECONNREFUSED: 'the key service cannot be reached; check `keys.master.endpoint` and the network',
  ENOTFOUND: 'the key service cannot be reached; check `keys.master.endpoint` and the network',
};

/**
 * Opens a master key that stays in AWS KMS, or in a service that speaks its protocol.
 *
 * It is asked when the service starts and when keys are rotated, and never for a file: what it answers is the root key
 * alone. Credentials are found as the AWS tools find them (environment, profile, role of the machine).
 */
export async function openKmsMaster({ keyId, region, endpoint }: KmsMasterConfig): Promise<MasterKey> {
  // Loaded here: whoever has no key service need not wait for its client at each start.
  const kms = await import('@aws-sdk/client-kms');
  const client = new kms.KMSClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: TRIES_COUNT,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
  });
  const name = `kms:${keyId}`;
  return {
    name,
    fingerprint: keyId,
    wrap: async (plain, directoryId) => {
      const asked = { KeyId: keyId, Plaintext: plain, EncryptionContext: { [CONTEXT_NAME]: directoryId } };
      return bytesOf(name, await call(name, () => client.send(new kms.EncryptCommand(asked))), 'CiphertextBlob');
    },
    unwrap: async (wrapped, directoryId) => {
      const asked = { KeyId: keyId, CiphertextBlob: wrapped, EncryptionContext: { [CONTEXT_NAME]: directoryId } };
      return bytesOf(name, await call(name, () => client.send(new kms.DecryptCommand(asked))), 'Plaintext');
    },
  };
}

async function call<Answer>(name: string, send: () => Promise<Answer>): Promise<Answer> {
  try {
    return await send();
  } catch (error) {
    const code = codeOf(error);
    const wayOut = WAYS_OUT[code] ?? 'look the code up in the documentation of the key service';
    throw new MasterKeyRefused(`the master key \`${name}\` cannot be used (\`${code}\`): ${wayOut}`);
  }
}

// A gateway before the key service refuses in a language of its own, which the client cannot read: its status is left.
function codeOf(error: unknown): string {
  const { name, code, $metadata } = error as {
    name?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  if (typeof code === 'string' && Object.hasOwn(WAYS_OUT, code)) return code;
  if (typeof name === 'string' && name !== 'SyntaxError') return name;
  return `HTTP ${$metadata?.httpStatusCode ?? 'without a status'}`;
}

function bytesOf<Field extends string>(
  name: string,
  answer: { readonly [Name in Field]?: Uint8Array | undefined },
  field: Field,
): Uint8Array {
  const bytes = answer[field];
  if (bytes === undefined) throw new MasterKeyRefused(`the key service gave no answer for \`${name}\`; ask again`);
  return bytes;
}
