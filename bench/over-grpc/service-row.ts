import { readdirSync, readFileSync } from 'node:fs';
import type { ServiceStage } from '../../test/support/service-stage.ts';
import { processPeakBytes } from '../measure/bench-engine.ts';
import { contest, type Measured, median, ratioOf } from '../measure/contest.ts';
import { statusMib, watchMemory } from '../peak-memory.ts';
import type { BenchRow } from '../rows/bench-row.ts';

const MIB_BYTES = 1_048_576;

/** What a row about the service compares. Rounds count from 0; the one before them is uncounted. */
export interface ServiceComparison {
  readonly name: string;
  readonly baseline: string;
  readonly size: number;
  readonly roundCount: number;
  readonly run: (round: number) => Promise<unknown>;
  readonly against: (round: number) => Promise<unknown>;
  readonly most?: number;
  /** The bare engine is a process of its own, or runs in this one. */
  readonly bareEngine?: 'child' | 'here';
}

/** A row with the rounds behind it. */
export interface ServiceResult {
  readonly row: BenchRow;
  readonly ran: Measured;
  readonly compared: Measured;
}

/**
 * Times the service beside something else. Memory is that of whole processes: what the service grew by and its largest
 * worker, over the bare engine's process.
 */
export async function compareService(stage: ServiceStage, comparison: ServiceComparison): Promise<ServiceResult> {
  const { name, baseline, size, roundCount, most } = comparison;
  const rounds = { run: 0, against: 0 };
  let peakMib = Number.NaN;
  const sides = [
    { name: 'run', run: () => comparison.run(rounds.run++) },
    { name: 'against', run: () => comparison.against(rounds.against++) },
  ];
  const [ran, compared] = await contest(sides, roundCount, async (work) => {
    const peak = await watchMemory(stage.service, work);
    if (Number.isNaN(peakMib)) peakMib = peak.serviceGrowthMib + peak.workerMib;
    return 0;
  });
  if (ran === undefined || compared === undefined) throw new Error('a contest has two sides');
  const { ratio, low, high } = ratioOf(ran, compared);
  const bareMib = comparison.bareEngine === 'here' ? processPeakBytes() / MIB_BYTES : bareEngineMib();
  const peakMemoryRatio = bareMib > 0 ? peakMib / bareMib : null;
  const row = { name, baseline, size, ratio, low, high, peakMemoryRatio, ...(most === undefined ? {} : { most }) };
  return { row, ran, compared };
}

/** The median time of a side. */
export function medianMs({ rounds }: Measured): number {
  return median(rounds.map(({ wallMs }) => wallMs));
}

// The bare engine is a process of its own, which is a child of this one.
function bareEngineMib(): number {
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim().split(' '),
  );
  const engines = children.filter((pid) => pid !== '' && commandOf(pid).includes('engine-child'));
  return Math.max(0, ...engines.map((pid) => statusMib(Number(pid), 'VmHWM')));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has ended since.
    return '';
  }
}
