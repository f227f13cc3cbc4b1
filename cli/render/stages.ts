import { type Progress, startProgress } from './progress.ts';

/** A bar for each stage of some work that both sides do in turn. */
export interface Stages {
  show(step: { readonly stage: string; readonly done: number; readonly total: number }): void;
  /** Leaves the last bar as it is. */
  stop(): void;
}

/** Shows the stages of a match, one bar after the other. */
export function startStages(): Stages {
  let stage = '';
  let bar: Progress | null = null;
  return {
    show: (step) => {
      if (step.stage !== stage) {
        bar?.finish();
        stage = step.stage;
        bar = startProgress(stage, step.total, /ing$/u.test(stage) && stage !== 'multiplying' ? 'MB' : 'points');
      }
      bar?.to(step.done);
    },
    stop: () => bar?.finish(),
  };
}
