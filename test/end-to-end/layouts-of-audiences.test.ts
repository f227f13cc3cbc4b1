// Whether an audience is selected from layouts or from the tables as they were handed in shows in nothing that leaves: the
// same persons arrive as the same tokens, in every life of a service.
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { audiences } from '../../proto/index.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { filesBelow } from '../support/service-files.ts';
import { entriesOf } from '../support/service-questions.ts';
import { destinationId, mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, createDataset, upload } from '../support/service-table.ts';

const { DELIVERED } = audiences.ActivationState;

// Two lives of a service, and tables that are laid out, on a machine that others use too.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const PERSONS = 1_200;
const CATEGORIES = ['books', 'garden', 'shoes', 'toys'] as const;
/** Persons with more rows than declared, as many as fill a minimum on their own. */
const HEAVY_PERSONS = 100;
const ROWS_PER_PERSON = 4;

/** Up to four rows a person, and for some three times as many. */
function eventsCsv(persons: number): string {
  const lines = Array.from({ length: persons }, (_, p) => {
    const count = p < HEAVY_PERSONS ? ROWS_PER_PERSON * 3 : 1 + (p % ROWS_PER_PERSON);
    return Array.from({ length: count }, (__, row) => {
      const category = CATEGORIES[(p + row * (p % 3)) % CATEGORIES.length];
      return `p${p}@example.com,${category},${(p + row * 7) % 30},${(p % 9) + row}.50`;
    });
  });
  return `email,category,day,amount\n${lines.flat().join('\n')}\n`;
}

function profilesCsv(): string {
  const lines = Array.from({ length: PERSONS }, (_, p) =>
    p % 4 === 3 ? [] : [`p${p}@example.com,${p % 3 === 0 ? 'gold' : 'blue'}`],
  );
  return `email,segment\n${lines.flat().join('\n')}\n`;
}

const to = (columns: readonly string[]) => ({ columns, minSize: 50, destinations: [`jiufang/${destinationId}`] });
const shared = { measures: {}, budget: { epsilon: 20, delta: 1e-6 } };
const eventsRules = mailingsRules({
  ...shared,
  rowsPerPerson: ROWS_PER_PERSON,
  maxGroupsPerPerson: 2,
  groupKeys: { category: { values: CATEGORIES } },
  filters: ['day', 'amount'],
  audience: to(['category', 'day', 'amount']),
});
const profilesRules = mailingsRules({
  ...shared,
  groupKeys: { segment: { values: ['gold', 'blue'] } },
  filters: [],
  audience: to(['segment']),
});

/** Audiences, each with the path that selects it from layouts. */
const AUDIENCES = [
  ['planned', "select email from jiufang.events where category = 'garden'"],
  [
    'planned',
    "select e.email from jiufang.events e join chenxi.profiles p on e.email = p.email where p.segment = 'gold' and e.category <> 'toys'",
  ],
  [
    'sharded',
    "select e.email from jiufang.events e join chenxi.profiles p on e.email = p.email where p.segment = 'blue' and e.day < 11",
  ],
  [
    'sharded',
    `select p.email from jiufang.events e join chenxi.profiles p on e.email = p.email where e.email in (
       select email from jiufang.events where amount > 3 group by email having count(*) >= 2)`,
  ],
  [
    'planned',
    "select email from jiufang.events where email not in (select email from chenxi.profiles where segment = 'gold')",
  ],
] as const;

let stage: ServiceStage;
let engine: StageEngine;
let collaborationId: string;
let eventsId: string;

beforeAll(async () => {
  stage = await ServiceStage.open({ layout: { enabled: false } });
  collaborationId = await agree(stage);
  const columns = ['email:email', 'category:text', 'day:integer', 'amount:decimal(2)'];
  eventsId = (await createDataset(stage, 'platform', columns)).datasetId;
  await upload(stage, 'platform', eventsId, eventsCsv(PERSONS));
  const { datasetId } = await createDataset(stage, 'brand', ['email:email', 'segment:text']);
  await upload(stage, 'brand', datasetId, profilesCsv());
  const events = { collaborationId, datasetId: eventsId, alias: 'events', rulesJson: eventsRules };
  await stage.as('platform').collaborations.bind(events);
  const profiles = { collaborationId, datasetId, alias: 'profiles', rulesJson: profilesRules };
  await stage.as('brand').collaborations.bind(profiles);
  engine = await StageEngine.open(stage);
  await engine.register(stage, collaborationId);
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

/** Publishes an audience, and tells what arrived, how it was selected, and what its log has of it. */
const publish = async (sql: string) => {
  const { audienceId } = await stage.as('brand').audiences.define({
    definition: undefined,
    collaborationId,
    displayName: audienceName,
    sql,
    onBehalfOf: '',
    requestId: randomUUID(),
  });
  const { selection } = await stage.as('brand').audiences.estimate(audienceId, 0.5);
  const asked = { plan: undefined, audienceId, destinationId, requestId: randomUUID() };
  const { activationId } = await stage.as('brand').audiences.activate(asked);
  await awaitActivation(stage, 'brand', audienceId, DELIVERED);
  // The second time its size is a stored one: all that the log has less is the charge for it.
  const entries = (await entriesOf(stage)).filter((e) => e.subject.audience === audienceId);
  const kinds = entries.map(({ kind }) => kind).filter((kind) => kind !== 'budget-reserved');
  return { tokens: engine.tokensOf(audienceId), paths: pathsOf(activationId), kinds, selection };
};

/** How the persons of an activation were selected, attempt by attempt, by the operator's log. */
const pathsOf = (activationId: string): readonly string[] =>
  stage
    .operatorLog()
    .split('\n')
    .filter((line) => line.includes(activationId) && line.includes('persons are selected'))
    .map((line) => (JSON.parse(line) as { path: string }).path);

const layoutFiles = () => filesBelow(stage.dataDirectory).filter((path) => path.startsWith('layouts/'));
const ready = async (others: readonly string[] = []) => {
  const operator = await stage.clientWith('platform', { claims: { role: 'operator' } });
  return await vi.waitFor(
    async () => {
      const layouts = (await operator.datasets.layouts()).filter((l) => l.table === 'jiufang.events');
      const isReady = ['core', 'rest', 'rows', 'over'].every((form) => layouts.some((l) => l.form === form));
      const isNew = layouts.every((l) => l.state === 'ready' && !others.includes(l.layoutId));
      if (!isReady || !isNew) throw new Error('not ready yet', { cause: stage.operatorLog() });
      return layouts.map((l) => l.layoutId);
    },
    { timeout: 120_000, interval: 100 },
  );
};

const fromTables: Awaited<ReturnType<typeof publish>>[] = [];

describe('an audience', () => {
  it('is selected from the tables as they were handed in where the operator has switched layouts off', async () => {
    for (const [, sql] of AUDIENCES) fromTables.push(await publish(sql));
    expect(fromTables.flatMap(({ paths }) => paths)).toEqual(AUDIENCES.map(() => 'general'));
    expect(fromTables.every(({ selection }) => selection?.obstacle.includes('switched layouts off'))).toBe(true);
    expect(fromTables.every(({ tokens }) => tokens.length > 50 && tokens.length < PERSONS)).toBe(true);
    expect(new Set(fromTables.map(({ tokens }) => tokens.length)).size).toBe(AUDIENCES.length);
  });

  it('is selected from layouts once the service may, the very same persons', async () => {
    await stage.end('SIGTERM');
    await stage.start({ layout: { minRows: 0 } });
    await ready();
    for (const [index, [path, sql]] of AUDIENCES.entries()) {
      const { paths, tokens, kinds, selection } = await publish(sql);
      expect(selection).toMatchObject({ path, costRatio: expect.any(Number) });
      expect(selection?.layouts.length).toBeGreaterThan(0);
      expect(paths, sql).toEqual([path]);
      expect(tokens).toEqual(fromTables[index]?.tokens);
      expect(kinds).toEqual(fromTables[index]?.kinds);
    }
  });

  it('is selected at a second attempt where a layout has a changed bit', async () => {
    await ready();
    for (const path of layoutFiles()) flipLastBit(join(stage.dataDirectory, path));
    const { tokens, paths } = await publish(AUDIENCES[0][1]);
    expect(tokens).toEqual(fromTables[0]?.tokens);
    // The first found it on opening, and took the layout away.
    expect(paths.length).toBeGreaterThan(0);
    const failed = stage
      .operatorLog()
      .split('\n')
      .filter((line) => line.includes('a delivery failed'));
    expect(failed).toHaveLength(1);
    expect(failed[0]).toContain('SealBroken');
    expect(stage.operatorLog()).toContain('a file of a layout is broken');
  });

  it('is selected from the layouts of a table that was replaced', async () => {
    const before = await ready();
    await upload(stage, 'platform', eventsId, eventsCsv(PERSONS / 2));
    await ready(before);
    const { paths, tokens } = await publish(AUDIENCES[0][1]);
    expect(paths).toEqual([AUDIENCES[0][0]]);
    expect(tokens.length).toBeLessThan(fromTables[0]?.tokens.length ?? 0);
    expect(fromTables[0]?.tokens).toEqual(expect.arrayContaining([...tokens]));
  });
});

function flipLastBit(path: string): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1);
  writeFileSync(path, bytes);
}
