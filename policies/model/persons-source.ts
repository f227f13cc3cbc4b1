import { quoteName } from '../audience/quote-name.ts';
import type { DescribedPersons } from '../check/describe-persons.ts';
import { PERSONS } from './feature-codes.ts';

/** Persons that a model ranks or groups: SQL that gives one row of each, and the column that names them. */
export interface PersonsSource {
  readonly sql: string;
  readonly identity: string;
}

/** `FROM` with the rows of persons; a line of its own ends a comment that the SQL may end with. */
export function fromPersons({ sql }: PersonsSource): string {
  return `FROM (${sql}\n) AS ${PERSONS}`;
}

/** The person of a row. */
export function personSql({ identity }: PersonsSource): string {
  return `${PERSONS}.${quoteName(identity)}`;
}

/** SQL of the persons of a table with some of its columns. */
export function tableSql(table: string, identity: string, columns: readonly string[]): string {
  const from = table.split('.').map(quoteName).join('.');
  return `SELECT ${[identity, ...columns].map(quoteName).join(', ')} FROM ${from}`;
}

/** What is wrong with described rows as the persons of a model; `null` when nothing is. */
export function faultOfPersons({ identity, rowsPerPerson }: DescribedPersons): string | null {
  if (identity === null) return 'the SQL of `persons` must select the identity column of its persons';
  if (rowsPerPerson <= 1) return null;
  return (
    `a person may have ${rowsPerPerson} rows there: ` +
    'write SQL for `persons` that is grouped by the identity column, so that each person is one row'
  );
}

/** Whether a person is in the audience that some SQL selects. */
export function isIn(source: PersonsSource, audienceSql: string): string {
  return `${personSql(source)} IN (${audienceSql}\n)`;
}
