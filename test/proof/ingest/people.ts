// Made-up people whose identifiers can be found again in any heap of bytes.
import { createHash } from 'node:crypto';

/** A person with what their owner writes of them. */
export interface MadeUpPerson {
  readonly email: string;
  readonly phone: string;
  readonly memberId: string;
  readonly city: string;
  readonly spendCents: number;
  readonly note: string;
}

/** The columns of the files of these people. */
export const peopleColumns = [
  'email:email',
  'phone:phone(CN)?',
  'member_id:member_id?',
  'city:text',
  'spend:decimal(2)',
  'note:text',
] as const;

/** The country code that the telephone numbers are written without: that of the region in the columns. */
const COUNTRY_CODE = '+86';

const CITIES = ['hangzhou', 'suzhou', 'ningbo', 'wuxi'] as const;
const FIRST_NUMBER = 13_920_000_000;

/** The person of a number. The marker is in all that names them but the telephone number. */
export function personOf(marker: string, person: number, noteChars = 0): MadeUpPerson {
  const address = `${marker}.p${person}@mail.example`;
  const number = String(FIRST_NUMBER + person * 3);
  return {
    email: person % 3 === 0 ? ` ${address.toUpperCase()} ` : address,
    phone: person % 2 === 0 ? `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}` : number,
    memberId: `${marker}-m-${person}`,
    city: CITIES[person % CITIES.length] ?? 'wuxi',
    spendCents: (person * 7919) % 100_000,
    note: 'n'.repeat(1 + noteChars),
  };
}

/** The identifiers of a person by kind, as the published rules normalise them; written out here once more. */
export function identifiersOf({ email, phone, memberId }: MadeUpPerson): readonly (readonly [string, string])[] {
  return [
    ['email', email.trim().toLowerCase()],
    ['phone', `${COUNTRY_CODE}${phone.replaceAll(' ', '')}`],
    ['member_id', memberId],
  ];
}

/** The digest of a normalised identifier. */
export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
