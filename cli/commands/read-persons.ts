// Who is meant, hashed here: an identifier in the clear does not leave this machine.
import type { Command } from 'commander';
import { digestIdentifier, type IdentifierKind, isIdentifierKind, readDigest } from '../../identity/index.ts';
import type { rights } from '../../proto/index.ts';
import { readText } from './parse-option.ts';

/** The options by which persons are named. */
export interface PersonOptions {
  readonly email?: string[];
  readonly phone?: string[];
  readonly memberId?: string[];
  readonly identifiers?: string;
  readonly defaultRegion?: string;
  readonly hashed?: boolean;
}

const collectText = (value: string, earlier: string[] = []): string[] => [...earlier, value];

/** Adds the options by which persons are named. */
export function addPersonOptions(command: Command): Command {
  return command
    .option('--email <address>', 'an e-mail address; repeat', collectText)
    .option('--phone <number>', 'a telephone number; repeat', collectText)
    .option('--member-id <id>', 'a member id; repeat', collectText)
    .option(
      '--identifiers <file>',
      'more of them, one a line as `kind,value`, for example `device_id,…`; `-` for standard input',
    )
    .option('--default-region <region>', 'of telephone numbers without a country code, for example CN')
    .option('--hashed', 'the values are SHA-256 digests of normalised identifiers already, in base64 or hex');
}

/**
 * Reads who is meant.
 *
 * @throws {Error} naming the place of what cannot be used, never the value
 */
export function readPersons(options: PersonOptions): rights.IdentifierDigests[] {
  const named = [
    ...(options.email ?? []).map((value) => ({ kind: 'email', value, place: '--email' })),
    ...(options.phone ?? []).map((value) => ({ kind: 'phone', value, place: '--phone' })),
    ...(options.memberId ?? []).map((value) => ({ kind: 'member_id', value, place: '--member-id' })),
    ...(options.identifiers === undefined ? [] : readLines(options.identifiers)),
  ];
  if (named.length === 0) throw new Error('name somebody, for example with --email or --identifiers');
  const digests = named.map(({ kind, value, place }) => ({ kind, digest: digestFor({ kind, value, place }, options) }));
  return [...Map.groupBy(digests, ({ kind }) => kind)].map(([kind, same]) => ({
    kind,
    digests: same.map(({ digest }) => digest),
  }));
}

interface NamedIdentifier {
  readonly kind: string;
  readonly value: string;
  readonly place: string;
}

function digestFor({ kind, value, place }: NamedIdentifier, options: PersonOptions): Uint8Array {
  if (!isIdentifierKind(kind)) throw new Error(`\`${place}\` names a kind that is not known`);
  const digest = options.hashed
    ? readDigest(value)
    : digestIdentifier(kind as IdentifierKind, value, options.defaultRegion);
  if (digest === null) throw new Error(`\`${place}\` is not a usable identifier of its kind`);
  return digest;
}

function readLines(path: string): NamedIdentifier[] {
  return readText(path)
    .split(/\r?\n/u)
    .flatMap((line, index) => {
      if (line.trim() === '') return [];
      const comma = line.indexOf(',');
      return [{ kind: line.slice(0, comma).trim(), value: line.slice(comma + 1).trim(), place: `line ${index + 1}` }];
    });
}

/** Cuts identifiers into requests of at most so many. */
export function inRequests(all: readonly rights.IdentifierDigests[], maxCount: number): rights.IdentifierDigests[][] {
  const flat = all.flatMap(({ kind, digests }) => digests.map((digest) => ({ kind, digest })));
  const requests: rights.IdentifierDigests[][] = [];
  for (let from = 0; from < flat.length; from += maxCount) {
    const part = Map.groupBy(flat.slice(from, from + maxCount), ({ kind }) => kind);
    requests.push([...part].map(([kind, same]) => ({ kind, digests: same.map(({ digest }) => digest) })));
  }
  return requests;
}
