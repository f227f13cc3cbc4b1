import {
  amount,
  count,
  digest,
  either,
  flag,
  idOf,
  label,
  listOf,
  objectOf,
  oneOf,
  optional,
  orNull,
  pattern,
  time,
  word,
} from './field-type.ts';
import type { KindSchema } from './kind-schema.ts';
import { subjectFields } from './subject-fields.ts';

const short = (says: string) => digest(`${says}, by a digest that the service alone can compute again`, 16);
const version = either(count('a version'), label('a name'));

const read = {
  from: count('from this place on'),
  until: count('up to, not including, this place'),
  filter: optional(
    objectOf('what was looked for', {
      terms: optional(
        listOf(
          listOf(label('`kind/…`, `member/…` and so on; `?` where the word is none of the log’s own')),
          'any of each',
        ),
      ),
      minRho: optional(amount('least charge')),
      fromTime: optional(time('from')),
      untilTime: optional(time('until')),
    }),
  ),
  grants: optional(listOf(idOf('audit-grant', 'a grant'), 'grants that let the auditor read it')),
};
const receiptKey = pattern('a key or its name, base64url', /^[A-Za-z0-9_-]{1,100}$/);

/** Kinds about the service itself, its keys and its log. */
export const serviceSchemas = {
  'service-started': [
    {},
    {
      decidingCode: subjectFields.decidingCode,
      configuration: short('the whole configuration in force'),
    },
  ],
  'service-stopped': [{}],
  'configuration-changed': [
    {
      settings: listOf(pattern('a setting', /^[A-Za-z][A-Za-z.]{0,99}$/), 'settings that are not as at the last start'),
      configuration: short('the whole configuration in force'),
    },
  ],
  'authentication-refused': [
    {
      reason: word('why'),
      action: word('what was asked for'),
      count: count('alike refusals that this entry tells of'),
    },
  ],
  'authorization-refused': [
    {
      action: word('what was asked for'),
      principal: label('who; empty where many are told of together'),
      member: label('for which member'),
      resource: label('`<kind>/<id>`; empty where there is none'),
      count: count('alike refusals that this entry tells of'),
    },
  ],
  'key-rotated': [
    {
      key: oneOf('which key', 'master', 'root', 'dataset', 'log'),
      dataset: optional(label('whose')),
      from: version,
      to: version,
    },
  ],
  'receipt-key-announced': [
    {
      kid: receiptKey,
      x: receiptKey,
      replaces: orNull(receiptKey),
      isCompromised: flag('whether the one before must not be trusted any more'),
    },
  ],
  'receipt-read': [
    {
      question: optional(subjectFields.question),
      activation: optional(subjectFields.activation),
      withSalts: flag('whether the salts of its digests came with it'),
    },
  ],
  'log-read': [
    {
      from: count('from this place on'),
      until: count('up to, not including, this place'),
      kind: either(word('of this kind'), oneOf('of all kinds', '')),
    },
    { ...read, kind: either(word('of this kind'), oneOf('of all kinds', '')) },
  ],
  'log-exported': [{ ...read, format: word('how it was written') }],
  'decision-read': [
    { question: subjectFields.question },
    {
      question: optional(subjectFields.question),
      audience: optional(subjectFields.audience),
      size: optional(subjectFields.size),
      activation: optional(subjectFields.activation),
      refresh: optional(subjectFields.refresh),
      match: optional(subjectFields.match),
    },
  ],
  'rules-read': [{ rulesDigest: digest('of the rules') }],
} as const satisfies Record<string, KindSchema>;
