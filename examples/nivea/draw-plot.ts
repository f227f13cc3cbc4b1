import { writeFileSync } from 'node:fs';
import { upliftPlot } from '../plot/uplift-plot.ts';
import type { MeasuredAudience } from './measure.ts';

const text = {
  title: 'What a shop front of their own did, by audience (95 % intervals)',
  axis: 'more buyers of a hundred',
};

/** Draws the uplift of each audience with its interval, as an SVG file. */
export function drawPlot(path: string, measured: readonly MeasuredAudience[]): void {
  const marks = measured.map(({ name, uplift, ci95: [low, high] }) => ({ audience: name, arm: '', uplift, low, high }));
  writeFileSync(path, upliftPlot(marks, text));
}
