import { EntryError } from '../entry-error.ts';
import type { EntryKind } from '../entry-kind.ts';
import type { JsonValue } from '../json-value.ts';
import { agreementSchemas } from './agreement-schemas.ts';
import { audienceSchemas } from './audience-schemas.ts';
import { dataSchemas } from './data-schemas.ts';
import { faultOf } from './field-type.ts';
import type { KindSchema } from './kind-schema.ts';
import { questionSchemas } from './question-schemas.ts';
import { serviceSchemas } from './service-schemas.ts';

/** What the subjects of every kind hold, in every version. */
export const entrySchemas: Readonly<Record<EntryKind, KindSchema>> = {
  ...serviceSchemas,
  ...agreementSchemas,
  ...dataSchemas,
  ...questionSchemas,
  ...audienceSchemas,
} satisfies Record<EntryKind, KindSchema>;

/** The version in which subjects of a kind are written now. */
export function currentVersion(kind: EntryKind): number {
  return entrySchemas[kind].length;
}

/**
 * Checks that a subject holds what its kind may say in a version, and nothing else.
 *
 * The log is for ever: what a field is not made for never gets into it, whatever else goes wrong. The message names the
 * field, never what stands in it.
 *
 * @throws {EntryError} `ENTRY_VERSION_UNKNOWN`, `ENTRY_SUBJECT_INVALID`
 */
export function assertSubject(kind: EntryKind, version: number, subject: Readonly<Record<string, JsonValue>>): void {
  const fields = entrySchemas[kind][version - 1];
  if (fields === undefined) throw new EntryError('ENTRY_VERSION_UNKNOWN', `\`${kind}\` has no version ${version}`);
  const fault = faultOf(fields, subject);
  if (fault === null) return;
  const what = Object.hasOwn(fields, fault) ? 'is missing or is not what its schema says' : 'is not in its schema';
  throw new EntryError('ENTRY_SUBJECT_INVALID', `field \`${fault}\` of \`${kind}\` ${what}`);
}
