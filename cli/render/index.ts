/** The door of rendering: everything that is shown to a person at a terminal. */
export { printable } from './printable.ts';
export { type Progress, startProgress } from './progress.ts';
export { renderRefusal, renderRejects } from './refusal.ts';
export { intervalOf, type ReleaseRows, readReleaseRows, renderRelease } from './release.ts';
export { formatNumber, renderTable } from './table.ts';
export { renderViolations } from './violation.ts';
