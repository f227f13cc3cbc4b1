// Where a question spends its time, for whoever measures this process from inside it (bench/, test/support/). Nobody
// subscribes in a service that ships: how long a stage took follows from the data, and no caller, log or table sees it.
import { channel } from 'node:diagnostics_channel';

const stages = channel('galley.stage');

/** The stages of the life of a question that are told apart. */
export type Stage =
  | 'admit'
  | 'parse'
  | 'check'
  | 'probe'
  | 'plan'
  | 'price'
  | 'reserve'
  | 'log'
  | 'open'
  | 'run'
  | 'protect'
  | 'store'
  | 'owners'
  | 'outer'
  | 'arrow'
  | 'receipt'
  | 'wait'
  | 'show';

/** Does work, and tells how long it took to whoever measures; nothing but the work when nobody does. */
export async function staged<Result>(stage: Stage, work: () => Result | Promise<Result>): Promise<Result> {
  if (!stages.hasSubscribers) return await work();
  const beganAt = performance.now();
  try {
    return await work();
  } finally {
    stages.publish({ stage, beganAt, endedAt: performance.now() });
  }
}
