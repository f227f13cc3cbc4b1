import { describe, expect, it } from 'vitest';
import { models } from '../../proto/index.ts';
import { kindText, renderModel } from './model-text.ts';

const figure = (part: number, feature: string, value: string, number: number): models.ModelFigure => {
  return { part, feature, value, number, ci95Low: number - 10, ci95High: number + 10 };
};
const modelOf = (spec: models.ModelSpec['spec'], figures: models.ModelFigure[]): models.Model =>
  models.Model.fromPartial({
    modelId: 'mod-1',
    collaborationId: 'col-1',
    displayName: 'kinds',
    owner: 'chenxi',
    queryIds: ['q-1', 'q-2'],
    charged: { epsilon: 0.5, delta: 0, rho: 0 },
    ...(spec === undefined ? {} : { spec: { spec } }),
    figures,
  });

describe('a model as text', () => {
  it('shows each cluster with the share of each value in it, and how one is used', () => {
    const spec = models.ModelSpec.fromPartial({ spec: { $case: 'clusters', value: { count: 2 } } }).spec;
    const text = renderModel(modelOf(spec, [figure(0, '', '', 2_000), figure(0, 'city', 'north', 500)]));
    expect(text).toContain('kinds (mod-1) of chenxi: 2 clusters');
    expect(text).toContain('2,000  (1,990 to 2,010)');
    expect(text).toMatch(/city\s+│ north │\s+500 {2}\(490 to 510\)\s+│\s+25 %/u);
    expect(text).toContain('--model mod-1 --cluster 0');
  });

  it('shows what adds to the score of a look-alike, and persons from a score on', () => {
    const spec = models.ModelSpec.fromPartial({
      spec: { $case: 'lookAlike', value: { seedAudienceId: 'aud-1' } },
    }).spec;
    const figures = [figure(0, '', 'score from 40', 900), { ...figure(0, 'city', 'north', 1.25), ci95Low: 1 }];
    const text = renderModel(modelOf(spec, figures));
    expect(text).toContain('look-alike of aud-1');
    expect(text).toContain('score from 40');
    expect(text).toContain('1.25');
    expect(text).toContain('--persons 10000');
  });

  it('says where no score tells persons apart, and where an erasure has taken it', () => {
    const score = models.ModelSpec.fromPartial({ spec: { $case: 'functionScore', value: { function: 'a.b' } } }).spec;
    expect(renderModel(modelOf(score, []))).toContain('no score tells persons apart');
    expect(kindText(modelOf(undefined, []))).toBe('erased');
    expect(renderModel(modelOf(undefined, []))).not.toContain('use it');
  });
});
