import { SingleBar } from 'cli-progress';

// Without a terminal every update is a line of the log; one every two seconds says that it is alive.
const plainUpdateMs = 2000;

/** A bar on stderr, so that stdout stays for answers. */
export interface Progress {
  advance(amount: number): void;
  /** Fills the bar and leaves it standing. */
  finish(): void;
  /** Leaves the bar as it is, after a failure. */
  stop(): void;
}

/** Starts a bar towards a total; without a terminal it prints lines now and then. */
export function startProgress(label: string, total: number, unit: 'MB' | 'rows'): Progress {
  const bar = new SingleBar({
    format: `  ${label} [{bar}] {percentage}%  {amount}`,
    barsize: 30,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: plainUpdateMs,
    forceRedraw: false,
  });
  const amountOf = (value: number): string =>
    unit === 'MB' ? `${(value / 1e6).toFixed(1)} MB` : `${Math.round(value).toLocaleString('en-US')} rows`;
  let done = 0;
  bar.start(Math.max(total, 1), 0, { amount: amountOf(0) });
  return {
    advance: (amount) => {
      done += amount;
      // What was sent is still to be checked, sealed and sorted, which takes longer than sending it.
      const note = unit === 'MB' && done >= total ? ', being checked' : '';
      bar.update(done, { amount: amountOf(done) + note });
    },
    finish: () => {
      bar.update(Math.max(total, 1), { amount: amountOf(done) });
      bar.stop();
    },
    stop: () => bar.stop(),
  };
}
