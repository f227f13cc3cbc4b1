import type { TestRows } from '../../support/load-table.ts';
import type { Neighbours } from '../../support/person-loss.ts';
import { campaign, events, outcomes, tables } from '../../support/tables.ts';

/** The person who is there or not: rich, with thousands of rows, of every category, in every table. */
export const VICTIM = '4711';

const people = Array.from({ length: 80 }, (_, i) => String(i));
const categories = Array.from({ length: 26 }, (_, i) => `'${String.fromCharCode(97 + i)}'`);

const heavyRows: TestRows = Array.from({ length: 3_000 }, (_, i) => [
  VICTIM,
  i % 3 === 0 ? `'only-${i}'` : (categories[i % categories.length] ?? null),
  `date '2024-01-01' + ${i % 400}`,
  i % 2 === 0 ? '9999999999999999.99' : '-9999999999999999.99',
]);

/** A world in which one person breaks every declaration, among eighty who keep them. */
export const neighbours: Neighbours = {
  victim: VICTIM,
  tables,
  contents: [
    [
      outcomes,
      [
        ...people.map((p) => [p, Number(p) % 2 === 0 ? '1' : '0', '10', "'94100'", '3']),
        ...Array.from({ length: 50 }, (_, i) => [VICTIM, '9223372036854775807', '9999999999999999.99', `'z${i}'`, '9']),
      ],
    ],
    [
      campaign,
      [
        ...people.slice(10).map((p) => [p, Number(p) % 2 === 0 ? "'gift'" : "'coupon'", 'true']),
        ...Array.from({ length: 50 }, (_, i) => [VICTIM, i % 2 === 0 ? "'gift'" : "'control'", 'false']),
      ],
    ],
    [
      events,
      [
        ...people.flatMap((p) => [
          [p, "'a'", "'2024-01-01'", '1'],
          [p, "'b'", 'null', '99.99'],
        ]),
        ...heavyRows,
      ],
    ],
  ],
};
