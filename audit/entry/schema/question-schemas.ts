import { amount, count, digest, flag, idOf, label, listOf, objectOf, optional, table, word } from './field-type.ts';
import type { KindSchema } from './kind-schema.ts';
import { subjectFields } from './subject-fields.ts';

const { question, audience, match, touched, decidingCode } = subjectFields;
const asked = {
  actingFor: subjectFields.actingFor,
  shape: subjectFields.shape,
  mode: subjectFields.mode,
  epsilon: subjectFields.epsilon,
};
const refused = {
  question,
  decision: optional(subjectFields.decision),
  code: word('why: see [errors.md](errors.md)'),
  violations: optional(subjectFields.violations),
  account: optional(subjectFields.account),
  owner: optional(label('who can help')),
};
const admitted = {
  question,
  decision: subjectFields.decision,
  mode: subjectFields.mode,
  mechanisms: subjectFields.mechanisms,
  tables: listOf(
    objectOf('each table it runs over', {
      table: table('the table'),
      rulesDigest: digest('of the rules in force'),
      snapshot: idOf('snap', 'the data'),
    }),
  ),
  functions: subjectFields.functions,
};
const charged = {
  question: optional(question),
  audience: optional(audience),
  match: optional(match),
  accounts: listOf(subjectFields.account, 'the accounts that were charged'),
  rho: amount('the price, in the unit in which prices add up'),
  deltaSelection: amount('the share of delta'),
  exact: flag('whether they were marked for an exact release instead'),
};
const released = {
  question,
  mode: subjectFields.mode,
  releaseDigest: digest('that only the service can compute again'),
  bytes: count('size, rounded up to 64 KiB: the exact one follows the number of groups'),
};
const releasedBySalt = {
  ...released,
  releaseDigest: digest('SHA-256 of a salt and the release as a file; the salt lies outside the log'),
  receipt: optional(digest('of what its receipt says')),
};
const explained = {
  shape: optional(subjectFields.shape),
  mode: optional(subjectFields.mode),
  epsilon: optional(subjectFields.epsilon),
  violations: optional(subjectFields.violations),
  tables: optional(listOf(table('a table'), 'tables of a match')),
};

/** Kinds about questions, what they cost and what they let out. */
export const questionSchemas = {
  'question-explained': [explained, { ...explained, touched: optional(touched) }],
  'question-submitted': [
    { question, ...asked },
    { question, ...asked, touched: optional(touched) },
    { question, ...asked, touched: optional(touched), template: optional(subjectFields.template) },
  ],
  'question-refused': [refused, { ...refused, actingFor: optional(subjectFields.actingFor), decidingCode }],
  'budget-reserved': [
    charged,
    {
      ...charged,
      size: optional(subjectFields.size),
      decision: optional(subjectFields.decision),
    },
    {
      ...charged,
      activation: optional(subjectFields.activation),
      size: optional(subjectFields.size),
      decision: optional(subjectFields.decision),
    },
  ],
  'question-admitted': [admitted, { ...admitted, actingFor: optional(subjectFields.actingFor), decidingCode }],
  'run-failed': [{ question }],
  'release-made': [released, releasedBySalt],
  'release-reused': [released, releasedBySalt],
  'release-read': [{ question }],
  'question-cancelled': [{ question }],
} as const satisfies Record<string, KindSchema>;
