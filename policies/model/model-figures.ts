import { type CodedFeature, labelOfCode } from './cluster-space.ts';
import { CI95_DEVIATIONS, type CountedPersons, countIn, type ReleasedRow } from './counted-rows.ts';
import { numberText } from './feature-codes.ts';
import { WEIGHT_UNIT_RATIO, type Weight } from './look-alike.ts';
import type { CutCount } from './score-bands.ts';

/** A protected number of a model, for people. */
export interface ModelFigure {
  /** Of which cluster, or of which step of a ranking; from 0. */
  readonly part: number;
  /** Which feature; empty for a number of persons. */
  readonly feature: string;
  readonly value: string;
  readonly number: number;
  readonly ci95Low: number;
  readonly ci95High: number;
}

function figureOf(
  named: Pick<ModelFigure, 'part' | 'feature' | 'value'>,
  { persons, sd }: CountedPersons,
): ModelFigure {
  const half = CI95_DEVIATIONS * sd;
  const rounded = Math.round(persons);
  return { ...named, number: rounded, ci95Low: Math.floor(persons - half), ci95High: Math.ceil(persons + half) };
}

/** Persons from each of some scores on, the best first. */
export function rankingFigures(cuts: readonly CutCount[]): readonly ModelFigure[] {
  return cuts.map((cut, part) => figureOf({ part, feature: '', value: `score from ${numberText(cut.score)}` }, cut));
}

/** What each value adds to the score, in natural logarithms; those that add nothing are left out. */
export function weightFigures(weights: readonly Weight[]): readonly ModelFigure[] {
  return weights
    .filter((weight) => weight.units !== 0)
    .toSorted((a, b) => b.units - a.units)
    .map(({ feature, label, units, sdUnits }) => {
      const [number, half] = [units / WEIGHT_UNIT_RATIO, (CI95_DEVIATIONS * sdUnits) / WEIGHT_UNIT_RATIO];
      return { part: 0, feature, value: label, number, ci95Low: number - half, ci95High: number + half };
    });
}

/** Persons of each cluster, and of each value of each feature in it, from the release of the profiles. */
export function clusterFigures(
  features: readonly CodedFeature[],
  rows: readonly ReleasedRow[],
): readonly ModelFigure[] {
  const ordered = rows
    .filter((row) => row.k !== null && row.k !== undefined)
    .toSorted((a, b) => Number(a.k) - Number(b.k));
  const isSet = (row: ReleasedRow, index: number): boolean =>
    row[`f${index}`] !== null && row[`f${index}`] !== undefined;
  const sizes = ordered.filter((row) => features.every((_, index) => !isSet(row, index)));
  const profiles = features.flatMap((feature, index) => {
    const own = ordered.filter((row) => isSet(row, index));
    return own.map((row) => {
      const value = labelOfCode(feature, Number(row[`f${index}`]));
      return figureOf({ part: Number(row.k), feature: feature.name, value }, countIn(row, 'n'));
    });
  });
  const counted = sizes.map((row) => figureOf({ part: Number(row.k), feature: '', value: '' }, countIn(row, 'n')));
  return [...counted, ...profiles].toSorted((a, b) => a.part - b.part);
}
