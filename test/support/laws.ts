/**
 * How many deviations draws are from a law: by their shape (chi-squared) or by their spread, whichever is more.
 *
 * Chi-squared sees any fault of the shape, the mean square sees a width that is off by a few percent.
 */
export function surpriseOf(
  counts: ReadonlyMap<number, number>,
  probability: (x: number) => number,
  reach: number,
): number {
  const draws = [...counts.values()].reduce((sum, n) => sum + n, 0);
  let [second, fourth, seen] = [0, 0, 0];
  for (let x = -reach; x <= reach; x += 1) {
    second += x ** 2 * probability(x);
    fourth += x ** 4 * probability(x);
    seen += (x ** 2 * (counts.get(x) ?? 0)) / draws;
  }
  const spread = Math.abs(seen - second) / Math.sqrt((fourth - second ** 2) / draws);
  return Math.max(spread, shapeSurprise(counts, probability, { reach, draws }));
}

/** Deviations of chi-squared above its mean, by Wilson and Hilferty's cube root. */
function shapeSurprise(
  counts: ReadonlyMap<number, number>,
  probability: (x: number) => number,
  { reach, draws }: { readonly reach: number; readonly draws: number },
): number {
  const bins: { seen: number; expected: number }[] = [];
  let open = { seen: 0, expected: 0 };
  for (let x = -reach; x <= reach; x += 1) {
    open.seen += counts.get(x) ?? 0;
    open.expected += probability(x) * draws;
    if (open.expected < 20) continue;
    bins.push(open);
    open = { seen: 0, expected: 0 };
  }
  const last = bins.at(-1);
  if (last === undefined) throw new Error('too few draws for a single bin');
  last.seen += open.seen;
  last.expected += open.expected;
  const degrees = bins.length - 1;
  const statistic = bins.reduce((sum, b) => sum + (b.seen - b.expected) ** 2 / b.expected, 0);
  return ((statistic / degrees) ** (1 / 3) - (1 - 2 / (9 * degrees))) / Math.sqrt(2 / (9 * degrees));
}

/** The probabilities of a law from its weights, over the integers from -reach to reach. */
export function normalised(weight: (x: number) => number, reach: number): (x: number) => number {
  let total = 0;
  for (let x = -reach; x <= reach; x += 1) total += weight(x);
  return (x) => weight(x) / total;
}

/** The discrete Gaussian law of a variance parameter. */
export function gaussianLaw(variance: number): (x: number) => number {
  return normalised((x) => Math.exp(-(x * x) / (2 * variance)), gaussianReach(variance));
}

/** Beyond it a discrete Gaussian has less than one chance in 10^31. */
export function gaussianReach(variance: number): number {
  return Math.ceil(12 * Math.sqrt(variance)) + 3;
}

/** P(noise ≥ t), summed term by term. */
export function gaussianTail(variance: number, t: number): number {
  const law = gaussianLaw(variance);
  let above = 0;
  for (let x = gaussianReach(variance); x >= t; x -= 1) above += law(x);
  return above;
}
