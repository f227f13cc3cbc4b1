import { join, resolve } from 'node:path';
import { bringEventsBack, type ReturnedEvents } from './bring-events-back.ts';
import { cast } from './cast.ts';
import { drawPlot } from './draw-plot.ts';
import { type MadeAudience, makeAudiences } from './make-audiences.ts';
import { armShares, segments, shoppersOf } from './market.ts';
import { type MeasuredArm, type MeasuredAudience, measure, smallestFindable } from './measure.ts';
import { type Narrator, points, written } from './narrator.ts';
import { setTheTable } from './set-the-table.ts';
import { openStage } from './stage.ts';
import { writeStrategies } from './strategies.ts';
import { type Visits, visitShop } from './visit-shop.ts';
import { writeFiles } from './write-files.ts';

/** What a story is told with. */
export interface Telling {
  readonly people: number;
  readonly seed: number;
  /** Where the plot goes. */
  readonly plot: string;
  /** Where everything of the story is; gone after it. */
  readonly directory: string;
}

/** The story in numbers. */
export interface Told {
  readonly audiences: readonly {
    readonly name: string;
    readonly size: number;
    readonly arms: readonly MeasuredArm[];
    readonly uplift: number;
    readonly ci95: readonly [number, number];
  }[];
  /** Members whom the shop knew when they came: each greeted as one of the audience that they are in. */
  readonly delivered: number;
  /** Visitors who were taken for members of an audience that they are not in, and events that came back twice. */
  readonly duplicates: number;
  /** Members whom the shop did not know, and events that did not come back. */
  readonly lost: number;
  readonly plot: string;
}

/** Tells the story from the first file to the plot. */
export async function tellStory({ people, seed, plot, directory }: Telling, narrator: Narrator): Promise<Told> {
  const shoppers = shoppersOf(seed, people);
  const strategiesPath = join(directory, 'strategies.json');
  writeStrategies(strategiesPath);
  narrator.part('Two sides');
  narrator.say(
    `${cast.platform.member} is a shopping platform: it knows which skin care its ${written(people)} shoppers look at. ${cast.brand.member} sells there: it knows who has ordered from it, on the platform or elsewhere. (All of them are made up.) Neither shows the other a row.`,
  );
  await using stage = await openStage(directory, strategiesPath);
  const collaborationId = await setTheTable(stage, writeFiles(directory, seed, shoppers));
  narrator.say(
    "They agree, bring their tables, and each says by which tags others may select people. The platform proposes its shop front as a destination: what for, from which size on, for how long. The brand approves those terms by their digest. Without both sides' yes nothing is ever delivered.",
  );

  narrator.part('Eight audiences');
  const made = await makeAudiences(stage.brand, collaborationId);
  narrator.say(
    'New and returning customers, by what their skin asks for: rules over tags, and sets made of other audiences. Nobody sees who is in them; sizes come with noise, and a price.',
  );
  narrator.table([['audience', 'persons', '95 times in 100 between'], ...made.map(sizeRow)]);

  narrator.part('A shop front for each, and an experiment in each');
  const smallest = Math.min(...made.map(({ persons }) => persons));
  const findable = await smallestFindable(stage.brand, smallest);
  narrator.say(
    `Before anything starts the brand asks, at no cost, what it could find at all: in the smallest audience a difference of ${(100 * findable).toFixed(1)} buyers of a hundred or more, eight times in ten.`,
  );
  const visits = await visitShop(stage, seed, shoppers);
  narrator.say(
    `Everybody opens the shop. In each audience the engine deals people out by a coin of its own: ${armsText()}; the hold-out sees what everybody sees. The same person always sees the same.`,
  );
  narrator.say(visitsText(visits));

  narrator.part('Did it work?');
  const returned = await bringEventsBack(stage, collaborationId, { shoppers, visits });
  const { measured, epsilon, delta } = await measure(stage.brand, collaborationId);
  narrator.say(
    `Who was dealt what and who bought comes back to the clean room as a table of the platform, and the brand asks: how many more of a hundred bought for what they saw? The intervals hold both the chance of who came and the noise of the protection. All of it cost epsilon ${epsilon.toFixed(2)}, delta ${delta.toExponential(0)}.`,
  );
  narrator.table([['audience', 'uplift', '95 % interval', 'planted', 'routine', 'offer'], ...measured.map(upliftRow)]);
  narrator.say(splitText(measured));
  const path = resolve(plot);
  drawPlot(path, measured);
  narrator.say(`The plot is ${path}.`);
  return { audiences: made.map((one) => told(one, measured)), ...countsOf(visits, returned), plot: path };
}

function sizeRow({ segment, persons, ci95 }: MadeAudience): string[] {
  return [segment.name, written(persons), `${written(ci95[0])} and ${written(ci95[1])}`];
}

function armsText(): string {
  return Object.entries(armShares)
    .map(([arm, share]) => `${Math.round(100 * share)} of a hundred ${arm}`)
    .join(', ');
}

function visitsText({ delivered, lost, mistaken, strangers, buyers }: Visits): string {
  return `${written(delivered)} were greeted as members of the audience they are in, ${written(lost)} were not known, ${written(mistaken)} were taken for somebody else; ${written(strangers)} are in none and saw the usual page. ${written(buyers.size)} bought something.`;
}

function splitText(measured: readonly MeasuredAudience[]): string {
  const unsound = measured.filter(({ isSplitSound }) => !isSplitSound).map(({ name }) => name);
  if (unsound.length === 0) return 'In every audience the arms are as large as they were drawn.';
  return `The arms of ${unsound.join(', ')} are not as large as they were drawn; do not believe what is measured there.`;
}

function upliftRow({ name, uplift, ci95, arms }: MeasuredAudience): string[] {
  const lift = segments.find((segment) => segment.name === name)?.liftPercent;
  const share = armShares.routine / (armShares.routine + armShares.offer);
  const planted = lift === undefined ? Number.NaN : (share * lift.routine + (1 - share) * lift.offer) / 100;
  const of = (arm: string): string => points(arms.find((one) => one.arm === arm)?.uplift ?? Number.NaN);
  return [
    name,
    points(uplift),
    `${points(ci95[0])} to ${points(ci95[1])}`,
    points(planted),
    of('routine'),
    of('offer'),
  ];
}

function told({ segment, persons }: MadeAudience, measured: readonly MeasuredAudience[]): Told['audiences'][number] {
  const found = measured.find(({ name }) => name === segment.name);
  if (found === undefined) throw new Error(`nothing was measured of \`${segment.name}\``);
  return { name: segment.name, size: persons, arms: found.arms, uplift: found.uplift, ci95: found.ci95 };
}

function countsOf(visits: Visits, returned: ReturnedEvents): Pick<Told, 'delivered' | 'duplicates' | 'lost'> {
  const { delivered, lost, mistaken } = visits;
  return { delivered, duplicates: mistaken + returned.twice, lost: lost + returned.lost };
}
