/** The door of rendering: everything that is shown to a person at a terminal. */
export { printable } from './printable.ts';
export { type Progress, startProgress } from './progress.ts';
export { renderRefusal, renderRejects } from './refusal.ts';
export { intervalOf, type ReleaseRows, readReleaseRows, renderRelease } from './release.ts';
export { startStages } from './stages.ts';
export { formatNumber, renderTable } from './table.ts';
export { nameMode, nameState, renderOutcome, renderSnapshot } from './upload.ts';
export { renderViolations } from './violation.ts';
