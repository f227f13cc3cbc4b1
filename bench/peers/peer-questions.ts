import { canonicalText, readRules, type TableView } from '../../policies/index.ts';
import { EVENTS_RULES, marketViews } from '../questions/market.ts';

/** What a question measures of a group. */
export type PeerMeasure = 'persons' | 'sum' | 'average' | 'median';

/** A question that is asked of us and of the peers, over the same rows. */
export interface PeerQuestion {
  readonly name: 'reach' | 'reach-and-sum' | 'average' | 'median';
  readonly keys: readonly string[];
  readonly measures: readonly PeerMeasure[];
  /** As a merchant writes it for us. */
  readonly sql: string;
  /** The exact answer, nobody bounded: what errors are measured against. */
  readonly exactSql: string;
  /** What is added to the ratio of two released sums: the outermost SELECT, which runs on released values. */
  readonly offset: number;
  /** Rows of one person that count; where it is not the declared bound of groups that keeps noise small. */
  readonly rowsPerPerson: number;
}

/** What a person may add, and what may be spent: the same for everybody. */
export const PEER_BOUNDS = {
  epsilon: 1,
  delta: 1e-6,
  /** Groups of a person. */
  maxGroups: 8,
  /** Rows of a person in a group, for peers that bound rows: one gives them their smallest errors on these data. */
  maxRowsPerGroup: 1,
  amountMin: 0,
  amountMax: 200,
  /** Persons below which no group shows, where a peer knows such a rule. */
  minGroupSize: 50,
} as const;

const MOST_ROWS = Number(EVENTS_RULES.rowsPerPerson);
/** As many rows as groups: quantiles count rows, and their noise follows from how many one person has. */
const FEW_ROWS = PEER_BOUNDS.maxGroups * PEER_BOUNDS.maxRowsPerGroup;

const MIDDLE = (PEER_BOUNDS.amountMin + PEER_BOUNDS.amountMax) / 2;
const JOINED = 'from jiufang.events e join chenxi.members m on e.uid = m.uid';
const HANDED_IN = 'FROM handed.events e JOIN handed.members m ON e.uid = m.uid';

/** The questions, in the order of the table; all are over the persons that both members know. */
export const PEER_QUESTIONS: readonly PeerQuestion[] = [
  {
    name: 'reach',
    keys: ['category'],
    measures: ['persons'],
    sql: `select category, count(distinct e.uid) as persons ${JOINED} group by category`,
    exactSql: `SELECT category, count(DISTINCT e.uid) ${HANDED_IN} GROUP BY category`,
    offset: 0,
    rowsPerPerson: MOST_ROWS,
  },
  {
    name: 'reach-and-sum',
    keys: ['segment', 'category'],
    measures: ['persons', 'sum'],
    sql: `select segment, category, count(distinct e.uid) as persons, sum(amount) as amount ${JOINED}
      group by segment, category`,
    exactSql: `SELECT segment, category, count(DISTINCT e.uid), sum(amount) ${HANDED_IN} GROUP BY segment, category`,
    offset: 0,
    rowsPerPerson: MOST_ROWS,
  },
  {
    name: 'average',
    keys: ['category'],
    measures: ['average'],
    // Counted from the middle of the bounds: what a person adds is then half as much, and so is the noise.
    sql: `select category, ${MIDDLE} + sum(mean - ${MIDDLE}) / count(distinct uid) as average from (select e.uid as uid,
      category, avg(clamp(amount, 0, 200)) as mean ${JOINED} group by e.uid, category) s group by category`,
    exactSql: `SELECT category, avg(amount) ${HANDED_IN} GROUP BY category`,
    offset: MIDDLE,
    rowsPerPerson: MOST_ROWS,
  },
  {
    name: 'median',
    keys: ['category'],
    measures: ['median'],
    sql: `select category, median(amount) as middle ${JOINED} group by category`,
    exactSql: `SELECT category, quantile_cont(amount, 0.5) ${HANDED_IN} GROUP BY category`,
    offset: 0,
    rowsPerPerson: FEW_ROWS,
  },
];

/** The question of a name. */
export function peerQuestion(name: string): PeerQuestion {
  const found = PEER_QUESTIONS.find((question) => question.name === name);
  if (found === undefined) throw new Error(`\`${name}\` is no question of the peers`);
  return found;
}

/** The tables under rules that bound as many rows of a person as the question counts. */
export function peerViews({ rowsPerPerson }: PeerQuestion): readonly TableView[] {
  const [events, members] = marketViews();
  const document = {
    ...EVENTS_RULES,
    rowsPerPerson,
    maxGroupsPerPerson: PEER_BOUNDS.maxGroups,
    minGroupSize: PEER_BOUNDS.minGroupSize,
  };
  const read = readRules(document, events.columns);
  if (!read.ok) throw new Error(canonicalText(read.faults));
  return [{ ...events, rules: read.rules }, members];
}

/** Under which name the tables are kept that are laid out by the rules of a question. */
export function peerStoreName({ rowsPerPerson }: PeerQuestion): string {
  return rowsPerPerson === MOST_ROWS ? 'stored' : `stored-by-${rowsPerPerson}`;
}
