// What a worker may take of the machine, as limits that the kernel keeps: they hold whatever the engine believes of its
// own. Each is set even where another layer forbids the call it bounds, so that this layer stands alone.
import { COUNTING_NAMESPACE, type ProcessCount } from './worker-users.ts';

/** Memory and time a worker may have. */
export interface WorkerBudget {
  /** What the engine may use for tables, hash tables and sorts, in MiB. */
  engineMemoryMib: number;
  /**
   * Processor time over all threads, in seconds: a backstop for the day the parent hangs and its deadline does not
   * fire.
   */
  cpuSeconds: number;
}

/**
 * Address space of an idle worker: V8 and the engine reserve far more than they use. Measured at 1.9 GiB, with room
 * for threads' stacks.
 */
const IDLE_ADDRESS_SPACE_MIB = 2_304;

/**
 * Private memory of an idle worker (measured 0.65 GiB, most of it reserved by V8) and what scripts and decoders
 * need.
 */
const IDLE_DATA_MIB = 1_280;

/** What scalar functions may take beyond the engine's own limit, which does not count their strings and lists. */
const SCALAR_SLACK_MIB = 512;

/**
 * The stack of a thread. Left without a limit, as some services are started, the kernel lays out memory in a way that
 * an exploit can guess better.
 */
const STACK_MIB = 8;

const OPEN_FILES_COUNT = 64;

/**
 * Threads of a worker (measured 12: Node's own, its pool, the engine's) and bubblewrap's process. Three times that, and
 * no bomb.
 */
const PROCESSES_COUNT = 40;

/** Signals that wait with their sender's name; the worker's own threads send one another a few. */
const PENDING_SIGNALS_COUNT = 64;

const BYTES_PER_MIB = 1_048_576;

/** Gives the resource limits as a command prefix. */
export function limitArguments(budget: WorkerBudget, count: ProcessCount): string[] {
  const budgetMib = budget.engineMemoryMib + SCALAR_SLACK_MIB;
  return [
    ...(count === 'namespace' ? COUNTING_NAMESPACE : []),
    'prlimit',
    `--as=${(IDLE_ADDRESS_SPACE_MIB + budgetMib) * BYTES_PER_MIB}`,
    `--data=${(IDLE_DATA_MIB + budgetMib) * BYTES_PER_MIB}`,
    `--stack=${STACK_MIB * BYTES_PER_MIB}`,
    `--cpu=${budget.cpuSeconds}`,
    `--nofile=${OPEN_FILES_COUNT}`,
    // Counted by user: in a user's own uid they would count all that user runs, and the worker would not start.
    ...(count === 'none' ? [] : [`--nproc=${PROCESSES_COUNT}`]),
    `--sigpending=${PENDING_SIGNALS_COUNT}`,
    // No file is written and no core dumped: a core would be the job's data on disk in the clear.
    '--fsize=0',
    '--core=0',
    // No memory that cannot be taken back, no message queue that outlives the worker, no place before others.
    '--memlock=0',
    '--msgqueue=0',
    '--nice=0',
    '--rtprio=0',
    '--',
  ];
}
