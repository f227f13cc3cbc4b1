// Models as they are used: trained from questions, shown, and cut into audiences.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { audiences, models } from '../../proto/index.ts';
import { awaitErasure } from '../support/demanded-rights.ts';
import { galley } from '../support/galley-command.ts';
import { submit } from '../support/service-functions.ts';
import {
  customers,
  type ModelStage,
  profileRules,
  profiles,
  setModelStage,
  trainingOf,
} from '../support/service-models.ts';
import { ask, chargesOf, entriesOf, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';

// Nine questions before the first test, and commands of a second each: a busy machine takes its time over that.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const features = ['city', 'age', 'spend', 'app'];
/** Hidden among the others: how many persons there are of the brand's kind that are no customers yet. */
const WANTED_PERSONS = profiles.filter((p) => p.kind === 0).length - customers.length;

let stage: ServiceStage;
let set: ModelStage;
let training: models.TrainModelRequest;
let lookAlike: models.Model;
let clusters: models.Model;

const lookAlikeSpec = (): models.ModelSpec['spec'] => ({
  $case: 'lookAlike',
  value: { seedAudienceId: set.seedAudienceId, persons: 'jiufang.people', features, withoutSeed: true },
});
const personsSql = `select p.email, p.city, p.age, clamp(p.spend, 0, 800) as spend,
  case when p.app then 'app' else 'shop' end as way from jiufang.people p;`;
const clustersSpec = (fields: Partial<models.Clusters> = {}): models.ModelSpec['spec'] => ({
  $case: 'clusters',
  value: { persons: 'jiufang.people', features, count: 3, ...fields },
});
const train = (spec: models.ModelSpec['spec'], fields: Partial<models.TrainModelRequest> = {}) =>
  stage.as('brand').models.train(trainingOf(set, spec, fields));
const cut = (modelId: string, fields: Partial<audiences.ModelCut>) =>
  stage.as('brand').audiences.define({
    collaborationId: set.collaborationId,
    displayName: 'cut from a model',
    sql: '',
    onBehalfOf: '',
    requestId: randomUUID(),
    definition: { source: { $case: 'modelCut', value: { modelId, persons: 0n, cluster: 0, ...fields } } },
  });

/** Runs a command of the brand, which answers in JSON. */
async function run(...args: readonly string[]): Promise<Record<string, unknown>> {
  const options = args.includes('score') ? ['--function', 'chenxi.worth', '--argument', 'age', 'spend'] : [];
  const { code, stdout, stderr } = await galley(stage, 'brand', [...args, ...options, '--json']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

beforeAll(async () => {
  stage = await ServiceStage.open();
  set = await setModelStage(stage);
  training = trainingOf(set, lookAlikeSpec());
  lookAlike = await stage.as('brand').models.train(training);
  clusters = await train(clustersSpec({ persons: personsSql, features: [] }));
});

afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
});

describe('a look-alike', () => {
  it('finds persons of the hidden kind of the seed, as many as wanted', async () => {
    const audience = await cut(lookAlike.modelId, { persons: BigInt(WANTED_PERSONS) });
    const counted = `select kind, count(distinct email) as n from jiufang.people where email in (${audience.sql}\n)
      group by kind`;
    const { rows } = await ask(stage, 'platform', set.collaborationId, counted);
    const [own = 0, ...others] = ['0', '1', '2'].map((kind) => Number(rows.find((row) => row.kind === kind)?.n ?? 0));
    const found = own + others.reduce((sum, n) => sum + n, 0);
    expect(found).toBeGreaterThan(WANTED_PERSONS / 2);
    expect(found).toBeLessThan(WANTED_PERSONS * 2);
    // By chance it would be a sixth.
    expect(own / found).toBeGreaterThan(0.6);
  });

  it('shows what it has learnt: what each value adds, and persons from a score on', () => {
    const north = lookAlike.figures.find((f) => f.feature === 'city' && f.value === 'north');
    expect(north?.number).toBeGreaterThan(0);
    const steps = lookAlike.figures.filter((f) => f.feature === '').map((f) => f.number);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(lookAlike.expression).toContain('CASE');
  });

  it('is charged what its questions cost together, and no more than was asked for', async () => {
    expect(lookAlike.charged?.epsilon).toBeGreaterThan(0.9);
    expect(lookAlike.charged?.epsilon).toBeLessThanOrEqual(1);
    expect(lookAlike.queryIds).toHaveLength(3);
    const [entry] = await entriesOf(stage, 'model-trained');
    expect(entry?.subject).toMatchObject({ model: lookAlike.modelId, questions: lookAlike.queryIds });
  });

  it('pays nothing when the call is repeated', async () => {
    const before = await chargesOf(stage, 'brand', set.collaborationId);
    expect((await stage.as('brand').models.train(training)).modelId).toBe(lookAlike.modelId);
    expect(await chargesOf(stage, 'brand', set.collaborationId)).toEqual(before);
  });
});

describe('clusters', () => {
  it('find hidden kinds, each an audience, and say what each is like', async () => {
    const sizes = clusters.figures.filter((f) => f.feature === '').map((f) => f.number);
    expect(sizes).toHaveLength(3);
    const cuts = await Promise.all([0, 1, 2].map((cluster) => cut(clusters.modelId, { cluster })));
    const cases = cuts.map(({ sql }, cluster) => `when email in (${sql}) then ${cluster}`);
    const counted = `select case ${cases.join(' ')} end as cluster, kind, count(distinct email) as n
      from jiufang.people group by cluster, kind`;
    const { rows } = await ask(stage, 'platform', set.collaborationId, counted);
    const persons = rows.map((row) => ({ cluster: Number(row.cluster), n: Number(row.n) }));
    const together = persons.reduce((sum, { n }) => sum + n, 0);
    const largest = [0, 1, 2].map((k) => Math.max(0, ...persons.filter((p) => p.cluster === k).map(({ n }) => n)));
    // By chance the largest kind would be two fifths.
    expect(largest.reduce((sum, n) => sum + n, 0) / together).toBeGreaterThan(0.75);
    const ways = clusters.figures.filter((f) => f.feature === 'way').map((f) => f.value);
    expect(new Set(ways)).toEqual(new Set(['app', 'shop']));
  });
});

describe('a ranking by a scoring function', () => {
  it('is cut at about as many persons as wanted', async () => {
    await submit(
      stage,
      {
        code: 'export function score(age, spend) { return spend / 100 - age / 10; }\n',
        parameters: ['age number', 'spend number'],
        returns: 'number(2) between -10 and 10',
      },
      { collaborationId: set.collaborationId, name: 'worth' },
    );
    const at = ['--collaboration', set.collaborationId];
    const trained = await run('model', 'train', 'score', 'worth', ...at, '--persons', 'jiufang.people');
    expect(trained).toMatchObject({ displayName: 'worth', spec: { functionScore: { function: 'chenxi.worth' } } });
    const modelId = String(trained.modelId);
    expect((await galley(stage, 'brand', ['model', 'list', ...at])).stdout).toContain('ranked by chenxi.worth');
    const { audienceId } = await run('audience', 'define', 'best', ...at, '--model', modelId, '--persons', '1000');
    const { size } = await stage.as('brand').audiences.estimate(String(audienceId), 1);
    expect(Number(size?.persons)).toBeGreaterThan(500);
    expect(Number(size?.persons)).toBeLessThan(2_000);
  });
});

describe('what a model refuses', () => {
  it('what it cannot learn from, before anything is charged', async () => {
    const before = await chargesOf(stage, 'brand', set.collaborationId);
    const refused = (spec: models.ModelSpec['spec'], code: Parameters<typeof expectRefused>[1]) =>
      expectRefused(train(spec), code);
    await refused(undefined, 'INVALID_REQUEST');
    await refused(clustersSpec({ count: 1 }), 'INVALID_REQUEST');
    await refused(clustersSpec({ features: ['shoe'] }), 'QUESTION_REFUSED');
    await refused(clustersSpec({ persons: 'jiufang.nothing' }), 'QUESTION_REFUSED');
    await refused(clustersSpec({ persons: 'select city, age from jiufang.people', features: [] }), 'INVALID_REQUEST');
    // Its owner permits to group by it, and not to select by it.
    await refused(clustersSpec({ features: ['kind', 'age'] }), 'AUDIENCE_REFUSED');
    expect(await chargesOf(stage, 'brand', set.collaborationId)).toEqual(before);
  });

  it('others, to whom it does not exist', async () => {
    await expectRefused(stage.as('platform').models.get(lookAlike.modelId), 'NOT_FOUND');
    await expectRefused(stage.as('outsider').models.get(lookAlike.modelId), 'NOT_FOUND');
    await expectRefused(stage.as('isv').models.list(set.collaborationId), 'NOT_FOUND');
    expect(await stage.as('platform').models.list(set.collaborationId)).toEqual([]);
    // Nor does anybody learn from a seed that is another's.
    await expectRefused(stage.as('platform').models.train(trainingOf(set, lookAlikeSpec())), 'NOT_FOUND');
    const own = await stage.as('brand').models.list(set.collaborationId);
    expect(own.map((one) => one.modelId)).toContain(lookAlike.modelId);
  });

  it('a cut of the wrong kind', async () => {
    await expectRefused(cut(lookAlike.modelId, { persons: 0n }), 'INVALID_REQUEST');
    await expectRefused(cut(clusters.modelId, { persons: 10n }), 'INVALID_REQUEST');
    await expectRefused(cut(clusters.modelId, { cluster: 3 }), 'INVALID_REQUEST');
  });

  it('a cut under rules that have become stricter, and over another dataset', async () => {
    const { collaborationId } = set;
    const rulesJson = profileRules({ audience: { columns: ['city'], minSize: 100, destinations: [] } });
    await stage.as('platform').collaborations.setRules({ collaborationId, alias: 'people', rulesJson });
    await expectRefused(cut(clusters.modelId, { cluster: 0 }), 'AUDIENCE_REFUSED');
  });
});

describe('the log', () => {
  it('shows that each model was made of answers that were let out, and has the seed erased with its owner', async () => {
    await verifyLogOf(stage);
    const erasure = { datasetId: set.customersId, requestId: randomUUID() };
    await awaitErasure(stage, 'brand', await stage.as('brand').rights.eraseDataset(erasure));
    await expectRefused(cut(lookAlike.modelId, { persons: 100n }), 'RECORD_ERASED');
    expect((await stage.as('brand').models.get(lookAlike.modelId)).expression).toBe('');
  });
});
