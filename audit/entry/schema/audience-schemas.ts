import { amount, count, digest, flag, label, listOf, name, optional, table, text, word, words } from './field-type.ts';
import type { KindSchema } from './kind-schema.ts';
import { subjectFields } from './subject-fields.ts';

const { audience, activation, match, touched, decidingCode, actingFor, functions } = subjectFields;
const tables = listOf(table('a table'), 'the tables');
const defined = {
  audience,
  actingFor,
  tables,
  functions,
  shape: text('the SQL that selects, with `?` for every literal'),
};
const refusal = {
  code: optional(word('why: see [errors.md](errors.md)')),
  violations: optional(subjectFields.violations),
  account: optional(subjectFields.account),
  owner: optional(label('who can help')),
};
const audienceRefused = {
  audience,
  activation: optional(activation),
  reason: optional(word('why a delivery is held back')),
  rules: optional(listOf(word('a broken rule'), 'every rule that is broken')),
  ...refusal,
};
const begun = {
  match,
  actingFor,
  tables,
  identifier: word('what the persons are matched by'),
  oneIn: count('of how many persons one is looked at'),
  ownCount: count('entries of the list that stays with its owner, as it says'),
  epsilon: subjectFields.epsilon,
  mechanisms: subjectFields.mechanisms,
};
const reported = { match, actingFor, tables, epsilon: subjectFields.epsilon, mechanisms: subjectFields.mechanisms };
const estimated = {
  audience,
  rho: amount('the price; 0 when it was paid for before'),
  mechanisms: subjectFields.mechanisms,
};
const activated = { audience, activation, destination: name('where it goes') };
const size = optional(subjectFields.size);
const decided = { decision: optional(subjectFields.decision), decidingCode };

/** Kinds about audiences, where they go, and matches. */
export const audienceSchemas = {
  'audience-defined': [
    defined,
    {
      ...defined,
      touched: optional(touched),
      definition: digest('SHA-256 of a salt and the SQL as it was sent; both lie outside the log'),
      decision: optional(subjectFields.decision),
      decidingCode,
    },
  ],
  'audience-refused': [
    audienceRefused,
    { ...audienceRefused, size, decision: optional(subjectFields.decision), decidingCode: optional(decidingCode) },
  ],
  'audience-estimated': [estimated, { ...estimated, size, ...decided }],
  'audience-activated': [
    activated,
    { ...activated, ...decided, receipt: optional(digest('of what its receipt says')) },
  ],
  'audience-delivered': [
    {
      audience,
      activation,
      receipt: label('of the destination'),
      withdrawal: flag('whether it was told to forget the audience'),
    },
  ],
  'audience-revoked': [{ audience, activation, reason: optional(word('why the service itself withdrew it')) }],
  'destination-registered': [
    { destination: name('its name'), address: words('`host:port`'), identifier: word('what it knows persons by') },
  ],
  'match-reported': [
    reported,
    { ...reported, touched: optional(touched), decision: optional(subjectFields.decision), decidingCode },
  ],
  'match-begun': [
    begun,
    { ...begun, touched: optional(touched), decision: optional(subjectFields.decision), decidingCode },
  ],
  'match-estimated': [{ match }],
  'match-failed': [{ match }],
  'match-refused': [
    { match: optional(match), ...refusal },
    { match: optional(match), ...refusal, decision: optional(subjectFields.decision), decidingCode },
  ],
} as const satisfies Record<string, KindSchema>;
