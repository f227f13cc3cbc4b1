import { isAbsolute } from 'node:path';
import { type ExternalIssuerConfig, type IssuerConfig, knownAlgorithms } from './config.ts';
import { ConfigRefused } from './config-refused.ts';
import { quoteAll, readDocument, readText } from './fields.ts';
import { isLoopback } from './listen-address.ts';

/** Reads who signs the tokens. @throws {ConfigRefused} naming the field */
export function parseIssuer(value: unknown): IssuerConfig {
  const document = readDocument(value, 'issuer', ['kind', 'issuer', 'audience', 'jwks', 'algorithms']);
  if (document.kind === 'local') {
    // A forgotten `kind` beside a real issuer's address must not leave the embedded issuer minting tokens.
    readDocument(value, 'issuer', ['kind']);
    return { kind: 'local' };
  }
  if (document.kind !== 'external') {
    throw new ConfigRefused('issuer.kind', '`issuer.kind` must be `local` or `external`');
  }
  return {
    kind: 'external',
    issuer: readText(document.issuer, 'issuer.issuer'),
    audience: readText(document.audience, 'issuer.audience'),
    jwks: parseJwks(document.jwks),
    algorithms: parseAlgorithms(document.algorithms),
  };
}

function parseJwks(value: unknown): ExternalIssuerConfig['jwks'] {
  const jwks = readText(value, 'issuer.jwks');
  if (isAbsolute(jwks)) return jwks;
  const url = URL.canParse(jwks) ? new URL(jwks) : undefined;
  if (url?.protocol === 'https:') return jwks;
  // Over plain HTTP whoever sits on the path hands us his own keys.
  if (url?.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, ''))) return jwks;
  throw new ConfigRefused('issuer.jwks', '`issuer.jwks` must be a file or an address that begins with `https://`');
}

function parseAlgorithms(value: unknown): readonly string[] {
  const names = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;
  const isKnown = (name: unknown) => typeof name === 'string' && knownAlgorithms.includes(name);
  if (Array.isArray(names) && names.length > 0 && names.every(isKnown)) return names;
  throw new ConfigRefused(
    'issuer.algorithms',
    `\`issuer.algorithms\` must name at least one of ${quoteAll(knownAlgorithms)}`,
  );
}
