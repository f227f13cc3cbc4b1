import type { ProposedKind } from '../../../wire/inspection.ts';

/** Longest name of a column in SQL. */
const MAX_NAME_CHARS = 63;

/** The identifier that the name of a column speaks of, if any. */
export type NameHint = Extract<ProposedKind, 'email' | 'phone' | 'member_id' | 'device_id' | 'card_number'> | null;

const HINTS: readonly (readonly [NonNullable<NameHint>, RegExp])[] = [
  ['email', /e-?mail|邮箱|メール/i],
  ['phone', /phone|mobile|msisdn|telefon|\btel\b|手机|电话|電話/i],
  ['device_id', /device|idfa|gaid|oaid|imei|advertising/i],
  ['card_number', /card/i],
  ['member_id', /member|loyalty|customer[ _-]?(?:id|no|number)|user[ _-]?id|open[ _-]?id|union[ _-]?id|会员|會員/i],
];

/** Finds the identifier that a name speaks of. */
export function identifierOf(source: string): NameHint {
  return HINTS.find(([, hint]) => hint.test(source))?.[0] ?? null;
}

/** Makes names that SQL writes without quotes, each once. */
export class NameMaker {
  readonly #taken = new Set<string>();

  /** Proposes a name for the column with this name in the file and this place, from 1. */
  propose(source: string, place: number): string {
    const plain = source
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      // Two words in one, as programs write them.
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '_')
      .replace(/^_+|_+$/g, '');
    const fitting = /^[a-z]/.test(plain) ? plain : `column_${plain === '' ? place : plain}`;
    const name = fitting.slice(0, MAX_NAME_CHARS);
    let free = name;
    for (let turn = 2; this.#taken.has(free); turn += 1) {
      free = `${name.slice(0, MAX_NAME_CHARS - String(turn).length - 1)}_${turn}`;
    }
    this.#taken.add(free);
    return free;
  }
}
