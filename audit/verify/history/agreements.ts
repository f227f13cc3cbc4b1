import type { JsonValue } from '../../entry/index.ts';
import { broken, type HistoryCheck, nameOf, objectOf, type PlacedEntry, textOf, textsOf, timeOf } from './subject.ts';

/** A table of a collaboration, as its entries have said so far. */
export interface BoundTable {
  readonly dataset: string;
  readonly owner: string;
  /** True from the moment it was declared so for the first time. */
  readonly wasPublic: boolean;
  /** Every version of its rules by digest, with the time at which another one replaced it; none while in force. */
  readonly rules: ReadonlyMap<string, { readonly replacedAtMs: number | undefined }>;
}

interface Collaboration {
  readonly accepted: Set<string>;
  readonly tables: Map<string, BoundTable>;
}

/**
 * Who agreed to what so far: the members of collaborations, their tables and rules. Other checks look things up here.
 *
 * Memory: names of members, datasets and tables, and a digest for each version of rules.
 */
export class Agreements implements HistoryCheck {
  readonly #collaborations = new Map<string, Collaboration>();
  readonly #ownerOfDataset = new Map<string, string>();

  accept(placed: PlacedEntry): void {
    switch (placed.entry.kind) {
      case 'collaboration-created':
        this.#created(placed);
        break;
      case 'member-accepted':
        this.#collaborationOf(placed).accepted.add(nameOf(placed, 'member'));
        break;
      case 'dataset-created':
        this.#ownerOfDataset.set(nameOf(placed, 'dataset'), placed.entry.actor?.member ?? '');
        break;
      case 'dataset-bound':
      case 'rules-changed':
        this.#bound(placed);
        break;
      default:
    }
  }

  /** Whether a member has accepted a collaboration. */
  hasAccepted(collaboration: string | null, member: string): boolean {
    return this.#collaborations.get(collaboration ?? '')?.accepted.has(member) === true;
  }

  /** A table of a collaboration by its name `member.alias`; undefined when it was never bound. */
  table(collaboration: string | null, name: string): BoundTable | undefined {
    return this.#collaborations.get(collaboration ?? '')?.tables.get(name);
  }

  #created(placed: PlacedEntry): void {
    const { collaboration, actor } = placed.entry;
    if (collaboration === null || actor === null) {
      throw broken('SUBJECT_UNREADABLE', 'collaboration does not say which it is and whose', placed);
    }
    if (this.#collaborations.has(collaboration)) {
      throw broken('COLLABORATION_REPEATED', 'collaboration was created a second time', placed);
    }
    // Who creates it has accepted by that.
    this.#collaborations.set(collaboration, { accepted: new Set([actor.member]), tables: new Map() });
  }

  #bound(placed: PlacedEntry): void {
    const { actor, subject } = placed.entry;
    const { tables } = this.#collaborationOf(placed);
    const owner = actor?.member ?? '';
    const name = `${owner}.${nameOf(placed, 'alias')}`;
    const known = tables.get(name);
    const dataset = nameOf(placed, 'dataset');
    // Whoever binds another's data sets its rules, and might call it public.
    if (this.#ownerOfDataset.get(dataset) !== owner) {
      throw broken('DATASET_NOT_OWNED', 'table is of a dataset that whoever bound it has not created', placed);
    }
    const rules = new Map(known?.rules);
    for (const [digest, { replacedAtMs }] of rules) {
      rules.set(digest, { replacedAtMs: replacedAtMs ?? timeOf(placed) });
    }
    rules.set(nameOf(placed, 'rulesDigest'), { replacedAtMs: undefined });
    const wasPublic = subject.public === true || known?.wasPublic === true;
    tables.set(name, { dataset, owner, wasPublic, rules });
  }

  #collaborationOf(placed: PlacedEntry): Collaboration {
    const found = this.#collaborations.get(placed.entry.collaboration ?? '');
    if (found !== undefined) return found;
    throw broken('COLLABORATION_UNKNOWN', 'entry is of a collaboration that nobody created before', placed);
  }
}

/** The tables that an entry names: `member.alias`, alone or with the digest of the rules they were taken under. */
export function tablesNamed(placed: PlacedEntry): readonly { readonly name: string; readonly rules?: string }[] {
  const { tables } = placed.entry.subject;
  const names = textsOf(tables);
  if (names !== undefined) return names.map((name) => ({ name }));
  if (!Array.isArray(tables)) return [];
  return (tables as readonly JsonValue[]).flatMap((table) => {
    const { table: name, rulesDigest } = objectOf(table) ?? {};
    if (typeof name !== 'string') return [];
    return [{ name, ...(typeof rulesDigest === 'string' ? { rules: rulesDigest } : {}) }];
  });
}

/** The member somebody acted for: themselves unless the entry says otherwise. */
export function actingForOf(placed: PlacedEntry): string | undefined {
  return textOf(placed, 'actingFor') ?? placed.entry.actor?.member;
}
