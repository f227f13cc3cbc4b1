import {
  count,
  digest,
  flag,
  idOf,
  label,
  listOf,
  name,
  objectOf,
  oneOf,
  optional,
  orNull,
  pattern,
  table,
  time,
  word,
  words,
} from './field-type.ts';
import type { KindSchema } from './kind-schema.ts';
import { subjectFields } from './subject-fields.ts';

const abilities = listOf(word('an ability'), 'abilities');
const bound = {
  alias: name('its name in the collaboration'),
  dataset: subjectFields.dataset,
  public: flag('whether its owner declared it public: then its rows are not protected'),
  rulesDigest: digest('SHA-256 of the rules as JSON; `galley audit rules` shows them'),
  rulesVersion: count('of the rules of this binding, from 1'),
  budget: subjectFields.budget,
};

/** Kinds about who may do what, and by which rules. */
export const agreementSchemas = {
  'collaboration-created': [
    {
      members: listOf(objectOf('each member with what it may do', { member: name('the member'), abilities })),
      budget: subjectFields.budget,
      consumerBudget: subjectFields.budget,
      purpose: optional(words('what the data is used for')),
      regions: optional(listOf(pattern('a region', /^[A-Z]{2}$/), 'whose rows may be used')),
    },
  ],
  'member-invited': [{ member: name('who was asked') }],
  'member-accepted': [{ member: name('who joined') }],
  'grant-made': [
    {
      grant: idOf('grant', 'the grant'),
      grantee: name('the service provider'),
      abilities,
      tables: listOf(table('a table it reaches'), 'the tables it reaches'),
      expiresAt: time('when it ends by itself'),
    },
  ],
  'grant-revoked': [{ grant: idOf('grant', 'the grant'), grantee: name('the service provider') }],
  'audit-granted': [
    {
      grant: idOf('audit-grant', 'the grant'),
      auditorMember: name('the auditor’s member'),
      auditorPrincipal: optional(label('the auditor; any of that member when left out')),
      from: optional(time('only entries from then on')),
      until: optional(time('only entries before')),
      decisions: flag('whether records of decisions may be read too'),
      expiresAt: time('when it ends by itself'),
    },
  ],
  'audit-grant-revoked': [{ grant: idOf('audit-grant', 'the grant'), auditorMember: name('the auditor’s member') }],
  'dataset-bound': [bound],
  'rules-changed': [bound],
  'identity-rules-set': [
    {
      rulesDigest: digest('SHA-256 of the rules as JSON'),
      rulesVersion: count('of the rules of this collaboration, from 1'),
      rules: objectOf('the rules', {
        priority: listOf(word('a kind'), 'kinds of identifiers, the most telling first'),
        household: orNull(word('the kind that names households')),
        unit: word('what is protected'),
      }),
    },
  ],
  'identity-explained': [{}],
  'function-submitted': [
    {
      function: idOf('fn', 'the function'),
      name: label('`member.name`'),
      actingFor: subjectFields.actingFor,
      version: count('of the function, from 1'),
      digest: digest('SHA-256 over language, signature and code'),
      language: oneOf('of the code', 'javascript', 'wasm'),
      signature: objectOf('what it takes and gives, without labels and known texts', {
        parameters: listOf(
          objectOf('each parameter', {
            name: label('its name'),
            kind: word('of what kind'),
            values: orNull(count('how many known texts')),
          }),
        ),
        returns: objectOf('the result', {
          kind: oneOf('of what kind', 'label', 'number'),
          labels: optional(count('how many labels')),
          scale: optional(count('decimal places')),
          min: optional(pattern('least', /^-?\d+$/)),
          max: optional(pattern('most', /^-?\d+$/)),
        }),
      }),
      bytes: count('of code'),
    },
  ],
  'function-refused': [{ rules: listOf(word('a broken rule'), 'every rule that is broken') }],
  'function-retired': [
    {
      function: idOf('fn', 'the function'),
      name: label('`member.name`'),
      digest: digest('of its newest version'),
    },
  ],
  'template-published': [
    {
      template: subjectFields.template,
      name: label('as its author named it'),
      templateVersion: label('as its author counts'),
      templateKind: oneOf('what comes of a run', 'sql', 'audience', 'effect'),
      signer: label('the thumbprint of the key that signed it (RFC 7638)'),
    },
  ],
  'template-approved': [
    { template: subjectFields.template, ready: flag('whether it is one of those that come with Galley') },
  ],
  'template-approval-withdrawn': [{ template: subjectFields.template }],
} as const satisfies Record<string, KindSchema>;
