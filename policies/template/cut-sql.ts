import type { FaultCollector } from '../rules/fault-collector.ts';
import type { TemplateBody, TemplateParameter } from './template.ts';

/** As much of a text as a fault repeats. */
const MAX_SHOWN_CHARACTERS = 40;

const BLANK = /\{\{([^{}]*)\}\}/gu;

/**
 * What may stand right beside a blank. A letter, a digit or a quote there would grow together with what is filled in:
 * `1{{n}}` is another number, `e{{text}}` another kind of text, in which a backslash escapes.
 */
const MAY_STAND_BEFORE = /(?:^|[\s(,=<>+*/%|-])$/u;
const MAY_STAND_AFTER = /^(?:$|[\s),=<>+*/%|:-])/u;

/** Most blanks: each is held against all that stands before it. */
const MAX_BLANKS_COUNT = 200;

/** Where the keys of a GROUP BY or an ORDER BY begin, what ends them, and where the next of them begins. */
const KEYS_BEGIN = /\b(?:group|order)\s+by\b/iu;
const KEYS_END = /\b(?:having|limit|offset|select|qualify|window)\b/iu;
const KEY_BEGINS = /(?:^|,|\b(?:rollup|cube|sets))\s*$/iu;

/**
 * What makes of a blank a name of the template's own, for a column or for rows: with a value of its choice whoever fills it
 * in would say which table another name means.
 */
const NAMES_BEFORE = /\bas\s*$/iu;
const NAMES_AFTER = /^\s*as\s*(?:(?:not\s+)?materialized\s*)?\(/iu;
/** What a name that is read may follow: an operator, or a word after which no name is given. */
const NAME_IS_READ =
  /(?:^|[(,=<>+*/%|.-]|\b(?:select|distinct|all|by|from|join|where|and|or|not|on|using|having|when|then|else|case|between|in|like|ilike|is|qualify|filter|limit|offset|union|except|intersect|over|partition|interval))\s*$/iu;

/** What cannot be told apart from a quote or a comment without reading SQL as a whole. */
const NOT_TAKEN: readonly (readonly [RegExp, string])[] = [
  [/--|\/\*/u, 'has a comment; say it in `meaning`'],
  [/\$/u, 'has a `$`; write texts in plain quotes'],
  [/\b[eE]'/u, "has a text with escapes, `e'…'`; write it in plain quotes"],
  [/\\/u, 'has a backslash'],
  [/;/u, 'has a `;`; a template is one SELECT without it'],
];

/** A text or a name in quotes; within, a doubled quote is that quote. */
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"/gu;

/** Cuts SQL at its blanks, and collects what is wrong with where they stand. */
export function cutSql(collect: FaultCollector, sql: string, parameters: readonly TemplateParameter[]): TemplateBody {
  const plain = sql.replace(QUOTED, (quoted) => {
    if (/[{}]/u.test(quoted))
      collect.fault(
        '/sql',
        `has braces within quotes, ${quoted.slice(0, MAX_SHOWN_CHARACTERS)}; a blank brings its own quotes`,
      );
    return quoted.replace(/[^\n]/gu, ' ').replace(/^.|.$/gu, 'q');
  });
  if (/['"]/u.test(plain)) collect.fault('/sql', 'has a quote that is not closed');
  for (const [form, message] of NOT_TAKEN) if (form.test(plain)) collect.fault('/sql', message);
  const body = {
    texts: sql.split(BLANK).filter((_, index) => index % 2 === 0),
    names: [...sql.matchAll(BLANK)].map(nameIn),
  };
  if (body.texts.some((text) => /[{}]/u.test(text))) {
    collect.fault('/sql', 'has a brace outside a blank; a blank reads {{name}}');
  }
  if (body.names.length > MAX_BLANKS_COUNT) {
    collect.fault('/sql', `has more than ${MAX_BLANKS_COUNT} blanks`);
    return body;
  }
  for (const [index, name] of body.names.entries()) checkBlank(collect, body, { index, name, parameters });
  for (const [index, { name }] of parameters.entries()) {
    if (name !== '' && !body.names.includes(name)) collect.fault(`/parameters/${index}`, `\`${name}\` is in no blank`);
  }
  return body;
}

function nameIn(match: RegExpMatchArray): string {
  return match[1]?.trim() ?? '';
}

interface Blank {
  readonly index: number;
  readonly name: string;
  readonly parameters: readonly TemplateParameter[];
}

function checkBlank(collect: FaultCollector, body: TemplateBody, { index, name, parameters }: Blank): void {
  const parameter = parameters.find((one) => one.name === name);
  if (parameter === undefined) {
    collect.fault('/sql', `has the blank {{${name}}}, which is no parameter`);
    return;
  }
  const isName = parameter.type.kind === 'table' || parameter.type.kind === 'column';
  const before = body.texts[index] ?? '';
  const after = body.texts[index + 1] ?? '';
  const mayStand =
    (MAY_STAND_BEFORE.test(before) || (isName && before.endsWith('.'))) &&
    (MAY_STAND_AFTER.test(after) || (isName && after.startsWith('.'))) &&
    // Two blanks with nothing between them grow together as well.
    (before !== '' || index === 0) &&
    (after !== '' || index === body.names.length - 1);
  if (!mayStand) collect.fault('/sql', `has the blank {{${name}}} right beside a letter, a digit, a quote or a blank`);
  // Behind another blank a name would be one for it.
  const isRead = NAME_IS_READ.test(index === 0 ? before : `x${before}`);
  if (NAMES_BEFORE.test(before) || (isName && (NAMES_AFTER.test(after) || !isRead))) {
    collect.fault('/sql', `has the blank {{${name}}} where a name is given; write that name out`);
  }
  if (
    isNumber(parameter) &&
    isPlaceOfKey(
      body.texts
        .slice(0, index + 1)
        .join('x')
        .replace(QUOTED, 'q'),
    )
  ) {
    collect.fault('/sql', `has the blank {{${name}}} where a number is the place of a column`);
  }
  if (parameter.type.kind === 'list' && !/\bin\s*$/iu.test(before)) {
    collect.fault('/sql', `has the list {{${name}}} elsewhere than after IN`);
  }
}

function isNumber({ type }: TemplateParameter): boolean {
  return type.kind === 'integer' || type.kind === 'number';
}

/**
 * Whether a number here would name a column by its place: `group by 2`, so that a value would say what is told apart. A
 * place in parentheses is one too, `group by (2)`; what a function is given is none.
 */
function isPlaceOfKey(before: string): boolean {
  for (const level of openLevels(before).toReversed()) {
    const keys = level.split(KEYS_BEGIN);
    const own = keys.at(-1) ?? '';
    if (KEYS_END.test(own) || !KEY_BEGINS.test(own)) return false;
    if (keys.length > 1) return true;
  }
  return false;
}

/** The SQL outside parentheses that are closed again: a text for each that is open, the outermost first. */
function openLevels(sql: string): readonly string[] {
  const levels: string[] = [''];
  for (const char of sql) {
    if (char === '(') levels.push('');
    else {
      const isClosed = char === ')' && levels.length > 1;
      if (isClosed) levels.pop();
      levels[levels.length - 1] += isClosed ? 'x' : char;
    }
  }
  return levels;
}
