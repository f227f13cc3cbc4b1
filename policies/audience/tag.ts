/** How much a tag tells of a person, from least to most. */
export const TAG_SENSITIVITIES = ['ordinary', 'personal', 'sensitive'] as const;

/** How much a tag tells of a person; audiences over a `sensitive` one must be blurred. */
export type TagSensitivity = (typeof TAG_SENSITIVITIES)[number];

/** What an owner says of a column that others may select persons by. Never a row. */
export interface Tag {
  /** The member that published it. */
  readonly owner: string;
  readonly name: string;
  /** What it means, for people. */
  readonly meaning: string;
  readonly sensitivity: TagSensitivity;
  /** The bound table it is read from, `member.alias`. */
  readonly table: string;
  readonly column: string;
  /** The column that says when, of a tag that counts events; `null` for none. */
  readonly dateColumn: string | null;
  /** Epsilon that a publication of an audience over it costs at its owner's dataset, beside the audience's size. */
  readonly price: number;
  /** The values it may have, where the owner lists them; empty where it does not. */
  readonly values: readonly string[];
}

/** `member/name`, as rules name it. */
export function tagName({ owner, name }: Pick<Tag, 'owner' | 'name'>): string {
  return `${owner}/${name}`;
}
