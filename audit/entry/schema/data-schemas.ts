import {
  count,
  digest,
  digestsByName,
  flag,
  idOf,
  label,
  listOf,
  objectOf,
  oneOf,
  optional,
  word,
} from './field-type.ts';
import type { KindSchema } from './kind-schema.ts';
import { subjectFields } from './subject-fields.ts';

const snapshot = idOf('snap', 'the snapshot');
const upload = idOf('up', 'the upload');
const erasure = idOf('er', 'the erasure');
const short = (says: string) => digest(`${says}, by a digest that the service alone can compute again`, 16);
const datasets = { erasure, datasets: listOf(subjectFields.dataset, 'the datasets that are gone') };

/** Kinds about the data that members bring, and the persons in it. */
export const dataSchemas = {
  'dataset-created': [
    {
      dataset: subjectFields.dataset,
      columns: listOf(
        objectOf('each column', {
          name: label('its name'),
          kind: word('of what kind'),
          scale: count('decimal places'),
          nullable: flag('whether it may be empty'),
        }),
      ),
      synthetic: optional(flag('whether its owner declared it made up')),
    },
  ],
  'upload-begun': [{ upload, dataset: optional(subjectFields.dataset) }],
  'upload-refused': [
    { dataset: subjectFields.dataset, reason: word('why'), rejectedCount: count('rows that were not taken') },
    { dataset: subjectFields.dataset, upload: optional(upload), reason: word('why: see [errors.md](errors.md)') },
  ],
  'upload-abandoned': [{ upload, dataset: optional(subjectFields.dataset) }],
  'upload-expired': [{ upload, dataset: optional(subjectFields.dataset), member: label('whose it was') }],
  'snapshot-published': [
    {
      dataset: subjectFields.dataset,
      snapshot,
      part: idOf('part', 'the part of it that is new'),
      mode: oneOf('what it did', 'replace', 'append'),
      uploadDigest: digest('of the file, that the service alone can compute again'),
      columns: digestsByName('of each column, that the service alone can compute again'),
    },
  ],
  'data-taken-out': [{ dataset: subjectFields.dataset, snapshot, file: count('which file of it, from 0') }],
  'persons-opted-out': [{ identifiers: count('identifiers that were named') }],
  'opt-outs-withdrawn': [{ identifiers: count('identifiers that were named') }],
  'person-erased': [
    {
      erasure,
      identifiers: listOf(short('each identifier')),
      identifierCount: count('how many'),
      partCount: count('parts that were searched'),
      parts: listOf(
        objectOf('what was searched', {
          part: idOf('part', 'the part'),
          before: short('as it was'),
          after: short('as it is, anew whether or not a row has gone'),
        }),
      ),
      all: short('all parts'),
    },
  ],
  'dataset-erased': [datasets],
  'member-erased': [datasets],
} as const satisfies Record<string, KindSchema>;
