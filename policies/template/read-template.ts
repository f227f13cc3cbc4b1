import { FaultCollector } from '../rules/fault-collector.ts';
import type { RulesFault } from '../rules/rules.ts';
import { cutSql } from './cut-sql.ts';
import { HIDDEN, readParameters, readWords } from './read-parameters.ts';
import type { Template, TemplateKind } from './template.ts';

/** The outcome of reading a document; each fault with a JSON pointer, as `/parameters/2/kind`. */
export type ReadTemplate =
  | { readonly ok: true; readonly template: Template }
  | { readonly ok: false; readonly faults: readonly RulesFault[] };

/** The form of documents; another one would be another number. */
const FORM = 1;
const FIELDS = ['galleyTemplate', 'name', 'version', 'kind', 'title', 'meaning', 'epsilon', 'parameters', 'sql'];
/** A name, or a pack and a name in it. */
const NAME = /^[a-z][a-z0-9-]{0,62}(\/[a-z][a-z0-9-]{0,62})?$/;
const VERSION = /^\d{1,4}(\.\d{1,4}){0,2}$/;
const KINDS: readonly TemplateKind[] = ['sql', 'audience', 'effect'];
/** As much SQL as a question may have, less room for what is filled in. */
const MAX_SQL_CHARACTERS = 32_768;
const MAX_EPSILON = 20;
const MIN_EPSILON = 0.01;

/** Reads a template's document, parsed JSON; every fault at once. */
export function readTemplate(document: unknown): ReadTemplate {
  const collect = new FaultCollector();
  const fields = collect.fields(document, '', FIELDS);
  if (fields.galleyTemplate !== FORM) collect.fault('/galleyTemplate', `must be ${FORM}, the form of the document`);
  const kind = KINDS.find((one) => one === fields.kind);
  if (kind === undefined) collect.fault('/kind', `must be one of ${KINDS.join(', ')}`);
  if (kind === 'audience' && fields.epsilon !== undefined) {
    collect.fault('/epsilon', 'is not known of an audience: to define one spends nothing');
  }
  const parameters = readParameters(collect, fields.parameters);
  const template: Template = {
    name: readForm(collect, fields.name, NAME, '/name'),
    version: readForm(collect, fields.version, VERSION, '/version'),
    kind: kind ?? 'sql',
    title: readWords(collect, fields.title, '/title'),
    meaning: readWords(collect, fields.meaning, '/meaning'),
    epsilon: kind === 'audience' ? 0 : collect.number(fields.epsilon, '/epsilon', MIN_EPSILON, MAX_EPSILON),
    parameters,
    body: cutSql(collect, readSqlText(collect, fields.sql), parameters),
  };
  return collect.faults.length === 0 ? { ok: true, template } : { ok: false, faults: collect.faults };
}

const FORMS: ReadonlyMap<RegExp, string> = new Map([
  [NAME, 'lower-case letters, digits and hyphens, as `pack/name`'],
  [VERSION, 'numbers and points, as `1.2`'],
]);

function readForm(collect: FaultCollector, value: unknown, form: RegExp, path: string): string {
  if (typeof value === 'string' && form.test(value)) return value;
  collect.fault(path, `must be ${FORMS.get(form)}`);
  return '';
}

/** The SQL: a text, or its lines, as JSON has no text of several. */
function readSqlText(collect: FaultCollector, value: unknown): string {
  const isLines = Array.isArray(value) && value.every((line) => typeof line === 'string');
  const sql = isLines ? value.join('\n') : value;
  if (typeof sql === 'string' && sql.trim() !== '' && sql.length <= MAX_SQL_CHARACTERS) {
    if (HIDDEN.test(sql)) collect.fault('/sql', 'has a character that nobody sees, or one that turns text round');
    return sql;
  }
  collect.fault('/sql', `must be SQL of at most ${MAX_SQL_CHARACTERS} characters, or a list of its lines`);
  return '';
}
