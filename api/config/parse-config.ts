import {
  DEFAULT_WORKER_USERS,
  HIGHEST_WORKER_UID,
  LEAST_WORKER_USERS_COUNT,
  LOWEST_WORKER_UID,
} from '../../sandbox/index.ts';
import {
  type Config,
  DEFAULT_DATA_DIRECTORY,
  DEFAULT_LISTEN_ADDRESS,
  defaultLayout,
  defaultLimits,
  type LimitsConfig,
} from './config.ts';
import { ConfigRefused } from './config-refused.ts';
import { readCount, readDocument, readFlag, readText } from './fields.ts';
import { isLoopback, parseListenAddress } from './listen-address.ts';
import { parseDestinations } from './parse-destinations.ts';
import { parseIssuer } from './parse-issuer.ts';
import { parseKeys } from './parse-keys.ts';
import { parseLog } from './parse-log.ts';

/** Bounds of each limit: under the least the service is unusable, over the most the limit protects nobody. */
const limitBounds: { readonly [Name in keyof LimitsConfig]: { least: number; most: number } } = {
  callsPerSecond: { least: 1, most: 10_000 },
  burstCallCount: { least: 1, most: 100_000 },
  streamsPerConnection: { least: 1, most: 10_000 },
  unaryDeadlineMs: { least: 100, most: 3_600_000 },
  streamDeadlineMs: { least: 1_000, most: 86_400_000 },
  // The most is what a worker may have of processor time: past it, it would die before its deadline.
  questionDeadlineMs: { least: 1_000, most: 900_000 },
  openUploadsPerMember: { least: 1, most: 100_000 },
  stagedBytesPerMember: { least: 1_048_576, most: Number.MAX_SAFE_INTEGER },
  uploadLifeMs: { least: 1_000, most: 31_536_000_000 },
  diskReserveBytes: { least: 0, most: Number.MAX_SAFE_INTEGER },
};

const CONFIG_FIELDS = [
  'dataDirectory',
  'listenAddress',
  'tls',
  'issuer',
  'limits',
  'wall',
  'keys',
  'log',
  'destinations',
  'layout',
] as const;

/**
 * Turns an unknown document into a configuration, every default filled in.
 *
 * @throws {ConfigRefused} naming the first field that cannot be used
 */
export function parseConfig(value: unknown): Config {
  const document = readDocument(value, '', CONFIG_FIELDS);
  const listenAddress = readText(document.listenAddress ?? DEFAULT_LISTEN_ADDRESS, 'listenAddress');
  const tls = parseTls(document.tls ?? null);
  const { host } = parseListenAddress(listenAddress);
  // A token on the wire in the clear is a token given away: without TLS nobody but this machine may connect.
  if (tls === null && !isLoopback(host)) {
    throw new ConfigRefused(
      'tls',
      `\`${host}\` can be reached from other machines, so \`tls.certFile\` and \`tls.keyFile\` are needed; without them listen on \`${DEFAULT_LISTEN_ADDRESS}\``,
    );
  }
  return {
    dataDirectory: readText(document.dataDirectory ?? DEFAULT_DATA_DIRECTORY, 'dataDirectory'),
    listenAddress,
    tls,
    issuer: parseIssuer(document.issuer ?? { kind: 'local' }),
    limits: parseLimits(document.limits ?? {}),
    wall: parseWall(document.wall ?? {}),
    keys: parseKeys(document.keys ?? {}),
    log: parseLog(document.log ?? {}),
    destinations: parseDestinations(document.destinations ?? {}),
    layout: parseLayout(document.layout ?? {}),
  };
}

function parseTls(value: unknown): Config['tls'] {
  if (value === null) return null;
  const document = readDocument(value, 'tls', ['certFile', 'keyFile', 'clientCaFile']);
  const certFile = readText(document.certFile, 'tls.certFile');
  const keyFile = readText(document.keyFile, 'tls.keyFile');
  if (document.clientCaFile === undefined || document.clientCaFile === null) return { certFile, keyFile };
  return { certFile, keyFile, clientCaFile: readText(document.clientCaFile, 'tls.clientCaFile') };
}

function parseLayout(value: unknown): Config['layout'] {
  const document = readDocument(value, 'layout', ['enabled', 'minRows']);
  const bounds = { least: 0, most: Number.MAX_SAFE_INTEGER };
  return {
    enabled: readFlag(document.enabled ?? defaultLayout.enabled, 'layout.enabled'),
    minRows: readCount(document.minRows ?? defaultLayout.minRows, 'layout.minRows', bounds),
  };
}

function parseLimits(value: unknown): LimitsConfig {
  const names = Object.keys(limitBounds) as (keyof LimitsConfig)[];
  const document = readDocument(value, 'limits', names);
  const limits = { ...defaultLimits } as { -readonly [Name in keyof LimitsConfig]: number };
  for (const name of names) {
    limits[name] = readCount(document[name] ?? defaultLimits[name], `limits.${name}`, limitBounds[name]);
  }
  return limits;
}

function parseWall(value: unknown): Config['wall'] {
  const document = readDocument(value, 'wall', ['workerUsers', 'runtimeDirectory', 'developmentWithoutBubblewrap']);
  const runtimeDirectory = document.runtimeDirectory ?? null;
  return {
    workerUsers: parseWorkerUsers(document.workerUsers ?? DEFAULT_WORKER_USERS),
    runtimeDirectory: runtimeDirectory === null ? null : readText(runtimeDirectory, 'wall.runtimeDirectory'),
    developmentWithoutBubblewrap: readFlag(
      document.developmentWithoutBubblewrap ?? false,
      'wall.developmentWithoutBubblewrap',
    ),
  };
}

// A uid below is root's own, above is `nobody`'s and what means "no change"; fewer would not do for two walls.
function parseWorkerUsers(value: unknown): Config['wall']['workerUsers'] {
  const field = 'wall.workerUsers';
  const document = readDocument(value, field, ['first', 'last']);
  const most = HIGHEST_WORKER_UID - LEAST_WORKER_USERS_COUNT + 1;
  const first = readCount(document.first, `${field}.first`, { least: LOWEST_WORKER_UID, most });
  const least = first + LEAST_WORKER_USERS_COUNT - 1;
  return { first, last: readCount(document.last, `${field}.last`, { least, most: HIGHEST_WORKER_UID }) };
}
