// The page on entries, made of the schemas that the log itself is held to: what the page says cannot drift from them.
import { type EntryKind, entryKinds, entrySchemas, type Fields } from '../audit/index.ts';

/** Where the page is. */
export const entriesPage = 'docs/entries.md';

const BEGIN = '<!-- generated from audit/entry by `npm run generate`; do not edit below -->';

/** The page with its generated half anew; what a person wrote above it stays. @throws {Error} without the mark */
export function entriesPageText(page: string): string {
  const end = page.indexOf(BEGIN);
  if (end === -1) throw new Error(`${entriesPage} has no line \`${BEGIN}\``);
  const kinds = Object.keys(entryKinds) as EntryKind[];
  return `${page.slice(0, end)}${BEGIN}\n\n${kinds.map(sectionOf).join('\n')}`;
}

function sectionOf(kind: EntryKind): string {
  const versions = entrySchemas[kind];
  const now = versions.length;
  const [current, ...earlier] = versions.map((fields, index) => ({ fields, version: index + 1 })).toReversed();
  const before = earlier.map(
    ({ fields, version }) =>
      `Version ${version} ${fields === undefined ? '' : differenceOf(fields, current?.fields ?? {})}\n`,
  );
  return [`### ${kind}\n`, `Version ${now}: ${entryKinds[kind]}.\n`, tableOf(current?.fields ?? {}), ...before].join(
    '\n',
  );
}

function tableOf(fields: Fields): string {
  const rows = Object.entries(fields).map(
    ([name, { says, isOptional }]) =>
      `| \`${name}\` | ${says.replaceAll('|', '\\|')}${isOptional === true ? ' (may be left out)' : ''} |`,
  );
  if (rows.length === 0) return 'Its subject is empty.\n';
  return `${['| field | what it holds |', '| --- | --- |', ...rows].join('\n')}\n`;
}

function differenceOf(earlier: Fields, current: Fields): string {
  const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const lacked = Object.keys(current).filter((name) => !Object.hasOwn(earlier, name));
  const had = Object.keys(earlier).filter((name) => !Object.hasOwn(current, name));
  const other = Object.keys(earlier).filter(
    (name) => Object.hasOwn(current, name) && earlier[name]?.says !== current[name]?.says,
  );
  const parts = [
    ...(lacked.length === 0 ? [] : [`had no ${list(lacked)}`]),
    ...(had.length === 0 ? [] : [`had ${had.map((name) => `\`${name}\` (${earlier[name]?.says})`).join(', ')}`]),
    ...other.map((name) => `said by \`${name}\`: ${earlier[name]?.says}`),
  ];
  return `${parts.join('; ')}.`;
}
