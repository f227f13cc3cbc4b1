import { protect, RawGroups } from '../../policies/index.ts';
import { systemBits } from '../measure/system-bits.ts';
import { BENCH_QUESTIONS } from './bench-questions.ts';
import { planBenchQuestion } from './protected-program.ts';

/** As many as the largest question has. */
const GROUPS_COUNT = 1_600;
/** Until the code that adds noise is as fast as in a service that has answered before. */
const REPETITIONS_COUNT = 60;

/** Adds noise to groups that nobody is in, so that no row pays for the compilation of that code. */
export async function warmProtection(): Promise<void> {
  const question = BENCH_QUESTIONS.find(({ sql }) => /sum\(amount\).*by segment, category/.test(sql));
  const planned = question && (await planBenchQuestion(question));
  if (planned?.mode !== 'private') throw new Error('the bench has no question by two keys');
  const groups = Array.from({ length: GROUPS_COUNT }, (_, place) => [`${place % 8}`, `${place}`, '10000', '1000000']);
  const raw = RawGroups.read(planned.aggregate, groups);
  for (let time = 0; time < REPETITIONS_COUNT; time += 1) protect(planned.aggregate, raw, systemBits);
}
