import { JSDOM } from 'jsdom';
import { describe, expect, it } from 'vitest';
import { upliftPlot } from './uplift-plot.ts';

const text = { title: 'Uplift of visits by "audience" & <arm>', axis: 'visits per 100 persons' };
const clear = { audience: 'new-cleansing', arm: 'gift', uplift: 0.03, low: 0.01, high: 0.05 };
const unclear = { audience: 'returning-toning', arm: 'gift', uplift: 0.01, low: -0.01, high: 0.03 };

describe('a plot of uplift', () => {
  it('is a whole SVG file with a mark and an error bar for each arm of each audience', () => {
    const svg = upliftPlot([clear, unclear], text);
    const { document } = new JSDOM(svg.replace(/^<\?xml.*\?>/u, '')).window;
    expect(svg).toContain('xmlns="http://www.w3.org/2000/svg"');
    expect(document.querySelectorAll('circle')).toHaveLength(2);
    expect(document.querySelectorAll('[aria-label="link"] path')).toHaveLength(2);
    expect(document.body.textContent).toContain(text.title);
    expect(document.body.textContent).toContain('new-cleansing · gift');
  });

  it('draws hollow what cannot be told from no effect', () => {
    const fills = (svg: string) => [...svg.matchAll(/<circle[^>]* fill="([^"]*)"/gu)].map(([, fill]) => fill);
    expect(fills(upliftPlot([clear], text))).not.toContain('white');
    expect(upliftPlot([unclear], text)).toMatch(/fill="white"[^>]*><circle|<circle[^>]*fill="white"/u);
  });

  it('draws a frame without marks where nothing was measured', () => {
    expect(upliftPlot([], text)).toContain('<svg');
  });
});
