import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Config } from './config.ts';
import { ConfigRefused } from './config-refused.ts';
import { type Document, isDocument } from './fields.ts';
import { parseConfig } from './parse-config.ts';

/** What the environment may say: variable by variable, the field it sets. */
const environmentFields: { readonly [variable: string]: string } = {
  GALLEY_DATA_DIRECTORY: 'dataDirectory',
  GALLEY_LISTEN_ADDRESS: 'listenAddress',
  GALLEY_TLS_CERT_FILE: 'tls.certFile',
  GALLEY_TLS_KEY_FILE: 'tls.keyFile',
  GALLEY_TLS_CLIENT_CA_FILE: 'tls.clientCaFile',
  GALLEY_ISSUER_KIND: 'issuer.kind',
  GALLEY_ISSUER_ISSUER: 'issuer.issuer',
  GALLEY_ISSUER_AUDIENCE: 'issuer.audience',
  GALLEY_ISSUER_JWKS: 'issuer.jwks',
  GALLEY_ISSUER_ALGORITHMS: 'issuer.algorithms',
  GALLEY_LIMITS_CALLS_PER_SECOND: 'limits.callsPerSecond',
  GALLEY_LIMITS_BURST_CALL_COUNT: 'limits.burstCallCount',
  GALLEY_LIMITS_STREAMS_PER_CONNECTION: 'limits.streamsPerConnection',
  GALLEY_LIMITS_UNARY_DEADLINE_MS: 'limits.unaryDeadlineMs',
  GALLEY_LIMITS_STREAM_DEADLINE_MS: 'limits.streamDeadlineMs',
  GALLEY_LIMITS_QUESTION_DEADLINE_MS: 'limits.questionDeadlineMs',
  GALLEY_LIMITS_OPEN_UPLOADS_PER_MEMBER: 'limits.openUploadsPerMember',
  GALLEY_LIMITS_STAGED_BYTES_PER_MEMBER: 'limits.stagedBytesPerMember',
  GALLEY_LIMITS_UPLOAD_LIFE_MS: 'limits.uploadLifeMs',
  GALLEY_LIMITS_DISK_RESERVE_BYTES: 'limits.diskReserveBytes',
  GALLEY_WALL_RUNTIME_DIRECTORY: 'wall.runtimeDirectory',
  GALLEY_WALL_WORKER_USERS_FIRST: 'wall.workerUsers.first',
  GALLEY_WALL_WORKER_USERS_LAST: 'wall.workerUsers.last',
  GALLEY_KEYS_MASTER_KIND: 'keys.master.kind',
  GALLEY_KEYS_MASTER_FILE: 'keys.master.file',
  GALLEY_KEYS_MASTER_VARIABLE: 'keys.master.variable',
  GALLEY_KEYS_MASTER_KEY_ID: 'keys.master.keyId',
  GALLEY_KEYS_MASTER_REGION: 'keys.master.region',
  GALLEY_KEYS_MASTER_ENDPOINT: 'keys.master.endpoint',
  GALLEY_LOG_ORIGIN: 'log.origin',
  GALLEY_LOG_WITNESS_INTERVAL_MS: 'log.witnessIntervalMs',
  GALLEY_DESTINATIONS_DROP_DIRECTORY: 'destinations.dropDirectory',
  GALLEY_DESTINATIONS_INTERNAL_HOSTS: 'destinations.internalHosts',
  GALLEY_LAYOUT_ENABLED: 'layout.enabled',
  GALLEY_LAYOUT_MIN_ROWS: 'layout.minRows',
};

/** Prefixes under which every variable is ours, so that a misspelt one is refused instead of ignored. */
const ownedPrefix = /^GALLEY_(TLS|ISSUER|LIMITS|WALL|KEYS|LOG|DESTINATIONS|LAYOUT)_/;

/** Fields that name files: relative to the configuration file, or to the working directory when told otherwise. */
const pathFields = [
  'dataDirectory',
  'tls.certFile',
  'tls.keyFile',
  'tls.clientCaFile',
  'issuer.jwks',
  'wall.runtimeDirectory',
  'keys.master.file',
  'destinations.dropDirectory',
];

/**
 * Reads the configuration: the file, over it `GALLEY_*` variables, over them the overrides of a command line.
 *
 * `overrides` has the shape of the file, every field optional. A field set to null by a later source is unset.
 *
 * @throws {ConfigRefused} when the file cannot be read, or naming the first field that cannot be used
 */
export async function readConfig(
  file: string | undefined,
  env: { readonly [variable: string]: string | undefined },
  overrides: Document = {},
): Promise<Config> {
  const written = file === undefined ? {} : placePaths(await readDocumentFile(file), dirname(resolve(file)));
  const told = placePaths(overlay(readEnvironment(env), overrides), process.cwd());
  const config = parseConfig(overlay(written, told));
  return { ...config, dataDirectory: resolve(config.dataDirectory) };
}

async function readDocumentFile(file: string): Promise<Document> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new ConfigRefused('', `the configuration file \`${file}\` cannot be read`);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words quote the file, which may hold a secret written into the wrong field.
    throw new ConfigRefused('', `the configuration file \`${file}\` is not JSON`);
  }
  if (isDocument(value)) return value;
  throw new ConfigRefused('', `the configuration file \`${file}\` must hold one JSON object`);
}

function readEnvironment(env: { readonly [variable: string]: string | undefined }): Document {
  let document: Document = {};
  for (const [variable, value] of Object.entries(env)) {
    const field = Object.hasOwn(environmentFields, variable) ? environmentFields[variable] : undefined;
    if (value === undefined || value === '') continue;
    if (field === undefined && ownedPrefix.test(variable)) {
      throw new ConfigRefused('', `the environment variable \`${variable}\` is not known`);
    }
    if (field !== undefined) document = withField(document, field, value);
  }
  return document;
}

function overlay(below: Document, above: Document): Document {
  const merged: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    if (value === undefined) continue;
    const under = merged[name];
    merged[name] = isDocument(under) && isDocument(value) ? overlay(under, value) : value;
  }
  return merged;
}

function placePaths(document: Document, base: string): Document {
  let placed = document;
  for (const field of pathFields) {
    const value = fieldOf(placed, field);
    const isAddress = field === 'issuer.jwks' && typeof value === 'string' && URL.canParse(value);
    if (typeof value === 'string' && value !== '' && !isAddress)
      placed = withField(placed, field, resolve(base, value));
  }
  return placed;
}

function fieldOf(document: Document, field: string): unknown {
  let value: unknown = document;
  for (const name of field.split('.')) value = isDocument(value) ? value[name] : undefined;
  return value;
}

function withField(document: Document, field: string, value: unknown): Document {
  const [name = '', ...rest] = field.split('.');
  if (rest.length === 0) return { ...document, [name]: value };
  const inner = document[name];
  return { ...document, [name]: withField(isDocument(inner) ? inner : {}, rest.join('.'), value) };
}
