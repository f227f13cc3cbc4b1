import type { audit } from '../../proto/index.ts';

/** An audit entry as it is shown. `leaf` is the parsed leaf, whole. */
export interface ShownEntry {
  readonly leafIndex: number;
  readonly kind: string;
  readonly at: string;
  readonly who: string;
  readonly about: string;
  readonly leaf: unknown;
}

// One line of a terminal; --json has the leaf whole.
const maxAboutChars = 60;

/** Parses an entry's leaf for showing; what a leaf of another version does not have is left empty. */
export function parseEntry(entry: audit.Entry): ShownEntry {
  const leaf: unknown = JSON.parse(Buffer.from(entry.leaf).toString('utf8'));
  const fields = isRecord(leaf) ? leaf : {};
  const actor = isRecord(fields.actor) ? fields.actor : {};
  const subject = isRecord(fields.subject) ? fields.subject : {};
  const about = Object.entries(subject)
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  return {
    leafIndex: Number(entry.leafIndex),
    kind: entry.kind,
    at: typeof fields.at === 'string' ? fields.at : '',
    who: [actor.member, actor.principal].filter((part) => typeof part === 'string').join('/'),
    about: about.length > maxAboutChars ? `${about.slice(0, maxAboutChars - 1)}…` : about,
    leaf,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
