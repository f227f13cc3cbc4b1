import {
  amount,
  count,
  digest,
  flag,
  label,
  listOf,
  name,
  objectOf,
  oneOf,
  optional,
  table,
  text,
  word,
  words,
} from './field-type.ts';
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
const registered = {
  destination: name('its name'),
  address: words('where it is reached'),
  identifier: word('what it knows persons by'),
};
const terms = digest('of its terms, which names them in approvals');
const refreshed = {
  audience,
  activation,
  rho: amount('the price of the noisy number of changed persons'),
  mechanisms: subjectFields.mechanisms,
};
const scheduled = {
  audience,
  activation,
  refreshEveryMs: optional(count('milliseconds from one refresh to the next; left out for never')),
  expiresAt: optional(text('when it ends by itself; left out for never')),
};
const size = optional(subjectFields.size);
const refresh = optional(subjectFields.refresh);
const deniability = objectOf('how deniable membership is; left out when members are exact', {
  dropProbability: amount('chance that a member is left out'),
  addProbability: amount('chance that another person is brought in'),
  epsilon: amount('what membership can tell, as a local epsilon'),
});
const decided = { decision: optional(subjectFields.decision), decidingCode };

const activatedByRecord = { ...activated, ...decided, receipt: optional(digest('of what its receipt says')) };

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
    {
      ...defined,
      touched: optional(touched),
      definition: digest('SHA-256 of a salt and the SQL as it was sent or made; both lie outside the log'),
      source: optional(digest('SHA-256 of a salt and what the SQL was made from; both lie outside the log')),
      draft: optional(flag('whether nothing was made of it but a size')),
      template: optional(subjectFields.template),
      decision: optional(subjectFields.decision),
      decidingCode,
    },
  ],
  'audience-refused': [
    audienceRefused,
    {
      ...audienceRefused,
      size,
      refresh,
      decision: optional(subjectFields.decision),
      decidingCode: optional(decidingCode),
    },
  ],
  'audience-estimated': [estimated, { ...estimated, size, ...decided }],
  'audience-activated': [
    activated,
    activatedByRecord,
    {
      ...activatedByRecord,
      deniability: optional(deniability),
      mechanisms: optional(subjectFields.mechanisms),
    },
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
  'audience-refreshed': [{ ...refreshed, size, refresh, ...decided }],
  'audience-scheduled': [scheduled],
  'model-trained': [
    {
      model: subjectFields.model,
      actingFor,
      tables,
      modelKind: oneOf('what was trained', 'look-alike', 'clusters', 'function-score'),
      questions: listOf(subjectFields.question, 'the questions that it was made of, each with entries of its own'),
      definition: digest('SHA-256 of a salt and the model; both lie outside the log'),
      decidingCode,
    },
  ],
  'destination-registered': [
    registered,
    {
      ...registered,
      how: oneOf('how it is reached', 'strategy-engine', 'nats', 'webhook', 'file-drop'),
      purpose: word('what it may use audiences for'),
      terms,
      retentionDays: count('days after which it must have forgotten what was not refreshed; 0 for no end'),
    },
  ],
  'destination-approved': [{ destination: name('its name'), terms }],
  'destination-approval-withdrawn': [{ destination: name('its name'), terms }],
  'destination-closed': [{ destination: name('its name') }],
  'tags-published': [
    { count: count('tags of its catalogue'), catalogue: digest('SHA-256 of the catalogue as a canonical text') },
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
