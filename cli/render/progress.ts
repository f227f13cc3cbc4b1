import { SingleBar } from 'cli-progress';

// Without a terminal every update is a line of the log; one every two seconds says that it is alive.
const plainUpdateMs = 2000;

// The rate of the last seconds: a connection that was away shall not be held against what is left.
const rateWindowMs = 10_000;

/** A bar on stderr, so that stdout stays for answers. */
export interface Progress {
  advance(amount: number): void;
  /** Moves to a place, which may lie behind; where it first moves to was done before. */
  to(position: number, note?: string): void;
  /** Fills the bar and leaves it standing. */
  finish(): void;
  /** Leaves the bar as it is, after a failure. */
  stop(): void;
}

/** What a bar counts. */
type Unit = 'MB' | 'rows' | 'points' | 'entries';

/** Starts a bar towards a total, 0 when nobody knows it; without a terminal it prints lines now and then. */
export function startProgress(label: string, total: number, unit: Unit): Progress {
  const known = total > 0;
  const bar = new SingleBar({
    format: known ? `  ${label} [{bar}] {percentage}%  {amount}` : `  ${label} {amount}`,
    barsize: 30,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: plainUpdateMs,
    forceRedraw: false,
  });
  const pace = new Pace();
  let done = 0;
  let note = '';
  const amount = (): string => {
    const parts = [amountOf(done, unit), note, unit === 'MB' ? pace.text(known ? total - done : undefined) : ''];
    return parts.filter((part) => part !== '').join(', ');
  };
  const show = (): void => {
    pace.note(done);
    bar.update(Math.min(done, Math.max(total, 1)), { amount: amount() });
  };
  bar.start(Math.max(total, 1), 0, { amount: amount() });
  return {
    advance: (count) => {
      done += count;
      show();
    },
    to: (position, said = '') => {
      done = position;
      note = said;
      show();
    },
    finish: () => {
      if (known) done = total;
      bar.update(Math.max(total, 1), { amount: [amountOf(done, unit), note].filter((part) => part !== '').join(', ') });
      bar.stop();
    },
    stop: () => bar.stop(),
  };
}

function amountOf(value: number, unit: Unit): string {
  return unit === 'MB' ? `${(value / 1e6).toFixed(1)} MB` : `${Math.round(value).toLocaleString('en-US')} ${unit}`;
}

/** How fast something goes, by its last seconds. */
class Pace {
  readonly #samples: { readonly atMs: number; readonly done: number }[] = [];

  note(done: number): void {
    const atMs = performance.now();
    const last = this.#samples.at(-1);
    // Going back is going on after a loss: what was before says nothing of the rate.
    if (last !== undefined && done < last.done) this.#samples.length = 0;
    this.#samples.push({ atMs, done });
    while ((this.#samples[1]?.atMs ?? atMs) < atMs - rateWindowMs) this.#samples.shift();
  }

  text(left: number | undefined): string {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < 500) return '';
    const perSecond = ((last.done - first.done) * 1000) / (last.atMs - first.atMs);
    if (perSecond <= 0) return '';
    const rate = `${(perSecond / 1e6).toFixed(1)} MB/s`;
    return left === undefined ? rate : `${rate}, ${durationOf(left / perSecond)} left`;
  }
}

function durationOf(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
