import * as Plot from '@observablehq/plot';
import { JSDOM } from 'jsdom';

/** An arm of an audience beside its control arm. */
export interface UpliftMark {
  readonly audience: string;
  readonly arm: string;
  /** The difference to control; a share, as 0.05 for five in a hundred. */
  readonly uplift: number;
  /** The ends of its 95 % interval. */
  readonly low: number;
  readonly high: number;
}

/** What is written around the marks. */
export interface UpliftPlotText {
  readonly title: string;
  /** What the axis counts, for example `visits per 100 persons`. */
  readonly axis: string;
}

const WIDTH_PIXELS = 760;
const ROW_PIXELS = 26;
/** Room above and below the rows: the title and the axis. */
const FRAME_PIXELS = 96;
const LABEL_PIXELS = 200;
/** Pixels of a letter of the labels, so that the longest fits. */
const LETTER_PIXELS = 7;
/** Room between the outermost ends and the frame. */
const END_PIXELS = 10;
const PERCENT = 100;

/**
 * Draws uplift by audience and arm, each with the error bar of its 95 % interval, as the text of an SVG file.
 *
 * A bar that crosses the line at 0 is drawn hollow: from those numbers nobody knows whether it worked.
 */
export function upliftPlot(marks: readonly UpliftMark[], { title, axis }: UpliftPlotText): string {
  const { document } = new JSDOM('').window;
  const rows = marks.map((mark) => ({
    row: mark.arm === '' ? mark.audience : `${mark.audience} · ${mark.arm}`,
    arm: mark.arm,
    uplift: mark.uplift * PERCENT,
    low: mark.low * PERCENT,
    high: mark.high * PERCENT,
    isClear: mark.low > 0 || mark.high < 0,
  }));
  const longest = Math.max(0, ...rows.map(({ row }) => row.length));
  const svg = Plot.plot({
    document,
    width: WIDTH_PIXELS,
    height: FRAME_PIXELS + ROW_PIXELS * Math.max(1, rows.length),
    marginLeft: Math.max(LABEL_PIXELS, longest * LETTER_PIXELS),
    marginTop: FRAME_PIXELS / 2,
    x: { label: `uplift, ${axis} →`, grid: true, inset: END_PIXELS },
    y: { label: null, type: 'band', domain: rows.map(({ row }) => row) },
    color: { type: 'categorical', scheme: 'Observable10' },
    marks: [
      Plot.ruleX([0], { stroke: '#666' }),
      Plot.link(rows, { x1: 'low', x2: 'high', y1: 'row', y2: 'row', stroke: 'arm', strokeWidth: 2 }),
      ...(['low', 'high'] as const).map((end) =>
        Plot.tickX(rows, { x: end, y: 'row', stroke: 'arm', strokeWidth: 2, inset: ROW_PIXELS / 3 }),
      ),
      ...[true, false].map((isClear) =>
        Plot.dot(
          rows.filter((row) => row.isClear === isClear),
          { x: 'uplift', y: 'row', r: 5, stroke: 'arm', strokeWidth: 2, fill: isClear ? 'arm' : 'white' },
        ),
      ),
      Plot.text([title], { frameAnchor: 'top-left', dy: 18 - FRAME_PIXELS / 2, fontSize: 14, fontWeight: 'bold' }),
    ],
  });
  // Without the names of its language the element is drawn by no browser that opens the file alone.
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', title);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${svg.outerHTML}\n`;
}
