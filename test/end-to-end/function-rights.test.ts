// Who may submit, see, use and retire a scoring function, and what of it can be seen at all.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GalleyClient } from '../../cli/client/index.ts';
import { collaborations, functions } from '../../proto/index.ts';
import { permitting, submissionOf, submit, type Written } from '../support/service-functions.ts';
import { outcomes } from '../support/service-people.ts';
import { ask, entriesOf, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { replayAs } from '../support/service-replay.ts';
import { cast, members, outcomesRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { grantToIsv, setTable, type Table } from '../support/service-table.ts';

const { QUERY } = collaborations.Ability;
const GRANT_MS = 3_600_000;

/** A start proves two walls, and a busy machine takes its time over that. */
const SETTING_MS = 180_000;

let stage: ServiceStage;
let table: Table;
/** Two brands with a service provider each, over the platform's table. */
let shared: string;
/** The service provider of the other brand. */
let rival: GalleyClient;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage, { outcomesRules: { ...permitting('lantu/*', 'chenxi/*'), groupKeys: { visit: {} } } });
  shared = await setShared();
  rival = await stage.clientWith('isv', { claims: { sub: 'gu', member: 'hongtu' } });
}, SETTING_MS);

afterAll(() => stage?.[Symbol.asyncDispose]());

const visits: Written = {
  code: 'export function score(visit) {\n  return visit * 0.5;\n}\n',
  parameters: ['visit integer'],
  returns: 'number(1) between 0 and 1',
};

const visitsSql = 'select sum(lantu.visits(o.visit)) as half, count(*) as n from jiufang.outcomes o';

async function setShared(): Promise<string> {
  const outsider = { member: cast.outsider.member, abilities: [QUERY], acceptedAt: undefined };
  const cost = { epsilon: 20, delta: 1e-6, rho: 0 };
  const { collaborationId } = await stage.as('platform').collaborations.create({
    displayName: 'two brands',
    members: [...members, outsider],
    budget: cost,
    consumerBudget: cost,
    requestId: randomUUID(),
  });
  for (const actor of ['brand', 'outsider'] as const) {
    await stage.as(actor).collaborations.accept(collaborationId);
  }
  const rulesJson = outcomesRules({ ...permitting('lantu/*') });
  const bind = { collaborationId, datasetId: table.outcomesId, alias: 'outcomes', rulesJson };
  await stage.as('platform').collaborations.bind(bind);
  const grant = { collaborationId, abilities: [QUERY], tables: [`${cast.platform.member}.outcomes`] };
  const expiresAt = new Date(Date.now() + GRANT_MS);
  await stage.as('brand').collaborations.grant({ ...grant, grantee: cast.isv.member, expiresAt });
  await stage.as('outsider').collaborations.grant({ ...grant, grantee: 'hongtu', expiresAt });
  return collaborationId;
}

/** Submits for the brand as its service provider. */
const submitVisits = (collaborationId: string, written = visits, requestId = randomUUID()) =>
  submit(stage, written, {
    actor: 'isv',
    collaborationId,
    name: 'visits',
    onBehalfOf: cast.brand.member,
    requestId,
  });

const nearly = (value: unknown, exact: number): void => expect(Math.abs(Number(value) - exact)).toBeLessThan(60);
const visitors = outcomes.filter(({ visit }) => visit === 1).length;

describe('a submission', () => {
  it('is refused with the place of everything that is wrong with its signature', async () => {
    const { collaborationId } = table;
    const good = submissionOf(visits, { collaborationId, name: 'visits' });
    const broken: functions.SubmitFunctionRequest = {
      ...good,
      name: 'Visits',
      language: functions.FunctionLanguage.UNSPECIFIED,
      code: Buffer.alloc(0),
      parameters: [{ name: 'visit', kind: functions.ParameterKind.UNSPECIFIED, values: [] }],
      returns: { result: { $case: 'number', value: { scale: 1, min: 5n, max: 4n } } },
    };
    const refusal = await expectRefused(stage.as('brand').functions.submit(broken), 'INVALID_REQUEST');
    expect(refusal.fields.map(({ field }) => field).sort()).toEqual(
      ['code', 'language', 'name', 'parameters[0].kind', 'returns.max'].sort(),
    );
    const huge = { ...good, code: Buffer.alloc(1_048_577, ' ') };
    const tooLong = await expectRefused(stage.as('brand').functions.submit(huge), 'INVALID_REQUEST');
    expect(tooLong.fields).toMatchObject([{ field: 'code' }]);
  });

  it('is refused with every fault of its code at its place, which only its submitter learns', async () => {
    const { collaborationId } = table;
    const code = 'const KEY = 7;\nexport function score(visit) {\n  return secretive(visit) + new Date();\n}\n';
    const request = submissionOf({ ...visits, code }, { collaborationId, name: 'visits' });
    const refusal = await expectRefused(stage.as('brand').functions.submit(request), 'FUNCTION_REFUSED');
    expect(refusal).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(refusal.violations).toMatchObject([
      { rule: 'name-not-known', span: { line: 3, column: 10, length: 9 }, facts: { subject: 'secretive' } },
      { rule: 'construct-not-allowed', span: { line: 3 } },
    ]);
    const logged = (await entriesOf(stage, 'function-refused')).filter((e) => e.collaboration === collaborationId);
    expect(logged.map(({ subject }) => subject)).toEqual([{ rules: refusal.violations.map(({ rule }) => rule) }]);
    const { requestId: _, ...candidate } = request;
    const checked = await stage.as('brand').functions.check(candidate);
    expect(checked.faults).toEqual(refusal.violations);
    expect(await stage.as('brand').functions.list(collaborationId)).toEqual([]);
  });

  it('has its effect once, and the same code is the same version', async () => {
    const { collaborationId } = table;
    await grantToIsv(stage, collaborationId, [QUERY]);
    const requestId = randomUUID();
    const first = await submitVisits(collaborationId, visits, requestId);
    expect(first).toMatchObject({ member: 'lantu', submittedFor: 'chenxi', version: 1 });
    expect(await submitVisits(collaborationId, visits, requestId)).toEqual(first);
    expect(await submitVisits(collaborationId)).toEqual(first);
    const other = { ...visits, returns: 'number(2) between 0 and 1' };
    await expectRefused(submitVisits(collaborationId, other, requestId), 'CONFLICT');
    expect(await submitVisits(collaborationId, other)).toMatchObject({ functionId: first.functionId, version: 2 });
    const logged = (await entriesOf(stage, 'function-submitted')).filter((e) => e.collaboration === collaborationId);
    expect(logged.map(({ subject }) => [subject.name, subject.version, subject.bytes])).toEqual([
      ['lantu.visits', 1, visits.code.length],
      ['lantu.visits', 2, visits.code.length],
    ]);
    expect(logged[0]?.subject.digest).toBe(first.digest);
  });

  it('needs membership, or a grant to query for the member that is named', async () => {
    const { collaborationId } = table;
    const place = { collaborationId, name: 'mine' };
    await expectRefused(submit(stage, visits, { ...place, actor: 'outsider' }), 'NOT_FOUND');
    await expectRefused(submit(stage, visits, { ...place, actor: 'auditor' }), 'PERMISSION_DENIED');
    await expectRefused(submit(stage, visits, { ...place, onBehalfOf: 'jiufang' }), 'PERMISSION_DENIED');
    for (const onBehalfOf of ['', 'lantu', 'jiufang']) {
      await expectRefused(submit(stage, visits, { ...place, actor: 'isv', onBehalfOf }), 'PERMISSION_DENIED');
    }
    await expectRefused(rival.functions.submit(submissionOf(visits, { ...place, onBehalfOf: 'chenxi' })), 'NOT_FOUND');
  });
});

describe('a function of a service provider', () => {
  it('is hidden from the service provider of another brand, which can neither use nor retire it', async () => {
    const { functionId } = await submitVisits(shared);
    expect(await rival.functions.list(shared)).toEqual([]);
    await expectRefused(rival.functions.get(functionId), 'NOT_FOUND');
    await expectRefused(rival.functions.retire(functionId), 'NOT_FOUND');
    const fields = { onBehalfOf: cast.outsider.member };
    const question = questionOf(shared, visitsSql, fields);
    const unknown = await expectRefused(rival.queries.submit(question, randomUUID()), 'QUESTION_REFUSED');
    expect(unknown.violations).toMatchObject([{ rule: 'function-is-permitted', owner: '' }]);
    expect(JSON.stringify(unknown.violations[0]?.facts)).not.toContain(' lantu.visits,');
    // Its own function is another one, though it has the same name.
    const own = submissionOf(visits, { collaborationId: shared, name: 'visits', ...fields });
    const { member } = await rival.functions.submit(own);
    expect(member).toBe('hongtu');
    const [row] = (await ask(stage, 'outsider', shared, visitsSql)).rows;
    nearly(row?.half, visitors / 2);
  });

  it('is retired by its submitter and by the member it came for, and by no other member', async () => {
    const { functionId } = await submitVisits(shared);
    await expectRefused(stage.as('platform').functions.retire(functionId), 'PERMISSION_DENIED');
    await expectRefused(stage.as('outsider').functions.retire(functionId), 'PERMISSION_DENIED');
    const retired = await stage.as('brand').functions.retire(functionId);
    expect(retired.retiredAt).toBeInstanceOf(Date);
    expect(await stage.as('isv').functions.retire(functionId)).toEqual(retired);
    const back = await submitVisits(shared);
    expect(back).toMatchObject({ functionId, version: 2, digest: retired.digest, retiredAt: undefined });
  });

  it('is found in its own collaboration alone', async () => {
    const { functionId } = await submitVisits(shared);
    const { collaborationId } = await setTable(stage, { outcomesRules: permitting('lantu/*') });
    expect(await stage.as('brand').functions.list(collaborationId)).toEqual([]);
    const submitted = stage.as('brand').queries.submit(questionOf(collaborationId, visitsSql), '');
    const refusal = await expectRefused(submitted, 'QUESTION_REFUSED');
    expect(refusal.violations).toMatchObject([{ rule: 'function-is-permitted', owner: '' }]);
    expect(await stage.as('auditor').functions.get(functionId)).toMatchObject({ collaborationId: shared });
  });
});

describe('the room for functions', () => {
  it('is twenty names that questions find, and one more where one is retired', async () => {
    const { collaborationId } = await setTable(stage);
    const names = Array.from({ length: 20 }, (_, index) => `f${index}`);
    const kept: functions.ScoringFunction[] = [];
    for (const name of names) kept.push(await submit(stage, visits, { collaborationId, name }));
    const oneMore = () => submit(stage, visits, { collaborationId, name: 'another' });
    const refusal = await expectRefused(oneMore(), 'INVALID_REQUEST');
    expect(refusal.message).toMatch(/^your member has 20 functions here already/u);
    // Under a name that is there already there is room: it is the next version.
    const returns = 'number(3) between 0 and 1';
    expect(await submit(stage, { ...visits, returns }, { collaborationId, name: 'f0' })).toMatchObject({ version: 2 });
    await stage.as('brand').functions.retire(kept[7]?.functionId ?? '');
    await oneMore();
    await expectRefused(submit(stage, visits, { collaborationId, name: 'f7' }), 'INVALID_REQUEST');
    expect((await stage.as('brand').functions.list(collaborationId)).map(({ name }) => name).sort()).toEqual(
      [...names, 'another'].sort(),
    );
  }, 180_000);
});

describe('a retired function', () => {
  it('still answers what was admitted, and is told as retired to whoever asks anew', async () => {
    const { collaborationId } = table;
    const { functionId, digest } = await submitVisits(collaborationId);
    const brand = stage.as('brand');
    const query = await brand.queries.submit(questionOf(collaborationId, visitsSql), randomUUID());
    await brand.functions.retire(functionId);
    const bytes = await brand.queries.readRelease(query.queryId);
    expect(bytes.length).toBeGreaterThan(0);
    const again = brand.queries.submit(questionOf(collaborationId, visitsSql), randomUUID());
    const refusal = await expectRefused(again, 'QUESTION_REFUSED');
    expect(refusal.violations[0]?.help).toMatch(/^`lantu\.visits` was retired; ask its member to submit it again/u);
    const refused = (await entriesOf(stage, 'question-refused')).at(-1);
    const replayed = await replayAs(stage, String(refused?.subject.question));
    expect(replayed).toMatchObject({ decided: 'refused', differences: [], leafIndex: refused?.leafIndex });
    const logged = (await entriesOf(stage, 'function-retired')).find((e) => e.collaboration === collaborationId);
    expect(logged?.subject).toEqual({ function: functionId, name: 'lantu.visits', digest });
  });
});
