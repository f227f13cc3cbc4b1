import type { models } from '../../proto/index.ts';
import { formatNumber, printable, renderTable } from '../render/index.ts';
import { when } from './collaboration-text.ts';

/** What a model is of, in a word or two. */
export function kindText({ spec }: models.Model): string {
  switch (spec?.spec?.$case) {
    case 'lookAlike':
      return `look-alike of ${spec.spec.value.seedAudienceId}`;
    case 'clusters':
      return `${spec.spec.value.count} clusters`;
    case 'functionScore':
      return `ranked by ${spec.spec.value.function}`;
    default:
      return 'erased';
  }
}

/** A model with what it has learnt. */
export function renderModel(model: models.Model): string {
  const charged = formatNumber(model.charged?.epsilon ?? 0, 4);
  const lines = [
    `${printable(model.displayName)} (${model.modelId}) of ${model.owner}: ${kindText(model)}`,
    `  trained ${when(model.trainedAt)} from ${model.queryIds.length} questions, charged epsilon ${charged}`,
  ];
  return [...lines, ...tablesOf(model), howToUse(model)].filter((text) => text !== '').join('\n');
}

function tablesOf(model: models.Model): readonly string[] {
  const counts = model.figures.filter((f) => f.feature === '');
  const others = model.figures.filter((f) => f.feature !== '');
  if (model.spec?.spec?.$case === 'clusters') return [clusterTable(counts, others)];
  const steps = counts.map((f) => [f.value, countText(f)]);
  const weights = others.map((f) => [f.feature, f.value, formatNumber(f.number, 2), rangeText(f, 2)]);
  return [
    steps.length === 0 ? 'no score tells persons apart' : renderTable(['persons with', 'about'], steps),
    weights.length === 0 ? '' : renderTable(['feature', 'value', 'adds', '95 %'], weights),
  ];
}

function clusterTable(counts: readonly models.ModelFigure[], profile: readonly models.ModelFigure[]): string {
  const rows = counts.flatMap((size) => {
    const own = profile.filter((f) => f.part === size.part);
    const values = own.map((f) => ['', f.feature, f.value, countText(f), shareText(f, size)]);
    return [[String(size.part), '', '', countText(size), ''], ...values];
  });
  return renderTable(['cluster', 'feature', 'value', 'persons', 'share'], rows);
}

function shareText(part: models.ModelFigure, whole: models.ModelFigure): string {
  return whole.number <= 0 ? '' : `${formatNumber((100 * part.number) / whole.number, 1)} %`;
}

function countText(figure: models.ModelFigure): string {
  return `${formatNumber(figure.number)}  ${rangeText(figure, 0)}`;
}

function rangeText({ ci95Low, ci95High }: models.ModelFigure, digits: number): string {
  return `(${formatNumber(ci95Low, digits)} to ${formatNumber(ci95High, digits)})`;
}

function howToUse({ spec, modelId, collaborationId }: models.Model): string {
  const define = `galley audience define NAME --collaboration ${collaborationId} --model ${modelId}`;
  if (spec === undefined) return '';
  return spec.spec?.$case === 'clusters' ? `use it: ${define} --cluster 0` : `use it: ${define} --persons 10000`;
}
