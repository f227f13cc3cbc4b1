// Made-up people with the counts of the Hillstrom experiment: what a measurement must say is in the published table.

/** An arm of the published table. */
export interface PublishedArm {
  readonly arm: string;
  readonly persons: number;
  readonly visits: number;
  readonly spend: number;
}

/** The published result: persons, visits and spend by arm. */
export const PUBLISHED: readonly PublishedArm[] = [
  { arm: 'mens_email', persons: 21_307, visits: 3_894, spend: 30_311.69 },
  { arm: 'womens_email', persons: 21_387, visits: 3_238, spend: 23_038.11 },
  { arm: 'control', persons: 21_306, visits: 2_262, spend: 13_908.33 },
];

/** Persons of each arm, and among them those who visit, are this fraction of the published. */
const FRACTION = 8;

/** One of the made-up people. */
export interface MadeCustomer {
  readonly email: string;
  readonly arm: string;
  readonly segment: 'new' | 'returning';
  readonly visit: 0 | 1;
}

/** The people of all arms, an eighth of the published, each rate as published. */
export const customers: readonly MadeCustomer[] = PUBLISHED.flatMap(({ arm, persons, visits }) =>
  Array.from({ length: Math.round(persons / FRACTION) }, (_, index) => ({
    email: `${arm}${index}@example.com`,
    arm,
    segment: index % 2 === 0 ? ('new' as const) : ('returning' as const),
    // Every k-th visits, wherever the fraction of visitors passes a whole number: evenly over both segments.
    visit:
      Math.floor(((index + 1) * visits) / persons) > Math.floor((index * visits) / persons)
        ? (1 as const)
        : (0 as const),
  })),
);

/** The brand's file: who was in which arm, and some whom the platform does not know. */
export function campaignCsv(outsiders = 500): string {
  const known = customers.map((c) => `${c.email},${c.arm},${c.segment}`);
  const unknown = Array.from({ length: outsiders }, (_, i) => `outsider${i}@example.com,control,new`);
  return `email,arm,segment\n${[...known, ...unknown].join('\n')}\n`;
}

/** The platform's file: a row for each customer, visited or not. */
export function visitsCsv(): string {
  return `email,visit\n${customers.map((c) => `${c.email},${c.visit}`).join('\n')}\n`;
}

/** The platform's events: an exposure for each customer, and a visit or two for those who came. */
export function eventsCsv(): string {
  const rows = customers.flatMap((c, index) => {
    const visit = `${c.email},visit,2024-11-1${index % 9},${(index % 40) + 0.5}`;
    return c.visit === 0 ? [] : index % 3 === 0 ? [visit, visit] : [visit];
  });
  return `email,kind,day,value\n${rows.join('\n')}\n`;
}
