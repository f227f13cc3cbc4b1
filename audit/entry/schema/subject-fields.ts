import {
  amount,
  count,
  digest,
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
  text,
  word,
} from './field-type.ts';

const fraction = pattern('an exact number', /^-?\d+(\/\d+)?$/);

const mechanism = objectOf('one mechanism', {
  kind: oneOf('which', 'discrete-gaussian', 'selection', 'private-bounds', 'exact', 'declared'),
  squaredSensitivity: optional(fraction),
  variance: optional(fraction),
  rho: optional(fraction),
  threshold: optional(fraction),
  statistics: optional(count('statistics')),
  groups: optional(count('groups that one person reaches')),
  bins: optional(count('bins')),
  delta: optional(amount('delta')),
});

/** Types that many kinds have in common. */
export const subjectFields = {
  question: idOf('q', 'the question'),
  audience: idOf('aud', 'the audience'),
  activation: idOf('act', 'the activation'),
  size: idOf('size', 'one size of the audience'),
  refresh: idOf('ref', 'one refresh of the activation, which the record is of'),
  model: idOf('mod', 'the model'),
  match: idOf('match', 'the match'),
  template: digest('SHA-256 of the template’s document'),
  dataset: idOf('ds', 'the dataset'),
  actingFor: name('the member asked for: the asker itself, or the one that granted it to a service provider'),
  epsilon: amount('the epsilon asked for; 0 in threshold mode'),
  functions: listOf(
    objectOf('each scoring function that runs, with the digest of its version', {
      name: text('the function'),
      digest: digest('SHA-256 over language, signature and code'),
      member: name('whose it is'),
    }),
  ),
  mechanisms: objectOf('the mechanisms that run, in exact fractions: see [ledger.md](ledger.md)', {
    version: count('of this shape'),
    events: listOf(mechanism),
  }),
  mode: word('`private` or `threshold`'),
  shape: objectOf('the SQL that runs, with `?` for every literal of the question', {
    counted: listOf(text('what is counted')),
    outer: text('what is asked of the releases'),
  }),
  touched: listOf(
    objectOf('the columns that may be read, table by table', {
      table: table('the table'),
      columns: listOf(label('a column')),
    }),
  ),
  decidingCode: objectOf('the code that decided', {
    version: text('of the package'),
    engine: text('the engine whose grammar parses'),
    rules: digest('SHA-256 over the sources of the rules'),
  }),
  decision: digest('SHA-256 of a salt and the record that the decision was made from: see replay.md'),
  violations: listOf(
    objectOf('every rule that is broken', {
      rule: word('the rule'),
      owner: orNull(label('whose rule it is, empty where it is Galley’s own')),
      line: count('line in the text, from 1'),
      column: count('column in the line, from 1'),
    }),
  ),
  budget: objectOf('a budget', { epsilon: amount('epsilon'), delta: amount('delta') }),
  account: text('`owner/<dataset>`, `collaboration/<id>` or `consumer/<id>/<member>`'),
} as const;
