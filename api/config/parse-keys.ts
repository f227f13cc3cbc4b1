import type { KeysConfig, MasterConfig } from './config.ts';
import { ConfigRefused } from './config-refused.ts';
import { readDocument, readText } from './fields.ts';
import { isLoopback } from './listen-address.ts';

const FIELD = 'keys.master';

/** Reads what wraps the root key. @throws {ConfigRefused} naming the field */
export function parseKeys(value: unknown): KeysConfig {
  const { master } = readDocument(value, 'keys', ['master']);
  return { master: parseMaster(master ?? { kind: 'file' }) };
}

function parseMaster(value: unknown): MasterConfig {
  const { kind } = readDocument(value, FIELD, ['kind', 'file', 'variable', 'keyId', 'region', 'endpoint']);
  // A field of another kind is a master key that its operator thinks is in use.
  switch (kind) {
    case 'file': {
      const { file } = readDocument(value, FIELD, ['kind', 'file']);
      return { kind, file: isUnset(file) ? null : readText(file, `${FIELD}.file`) };
    }
    case 'environment': {
      const { variable } = readDocument(value, FIELD, ['kind', 'variable']);
      return { kind, variable: readText(variable, `${FIELD}.variable`) };
    }
    case 'kms': {
      const document = readDocument(value, FIELD, ['kind', 'keyId', 'region', 'endpoint']);
      const keyId = readText(document.keyId, `${FIELD}.keyId`);
      const region = readText(document.region, `${FIELD}.region`);
      if (isUnset(document.endpoint)) return { kind, keyId, region };
      return { kind, keyId, region, endpoint: parseEndpoint(document.endpoint) };
    }
    default:
      throw new ConfigRefused(`${FIELD}.kind`, `\`${FIELD}.kind\` must be \`file\`, \`environment\` or \`kms\``);
  }
}

// Over plain HTTP the root key itself would be on the wire.
function parseEndpoint(value: unknown): string {
  const endpoint = readText(value, `${FIELD}.endpoint`);
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol === 'https:') return endpoint;
  if (url?.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, ''))) return endpoint;
  throw new ConfigRefused(
    `${FIELD}.endpoint`,
    `\`${FIELD}.endpoint\` must be an address that begins with \`https://\``,
  );
}

function isUnset(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
