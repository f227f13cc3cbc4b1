// The attack: a service provider works for a brand, and wants more than the brand gave it: to ask for itself or for
// somebody else, to touch a table it was not given, to publish where it may only ask, to read what others asked, to
// pass its right on, or to bind, upload and accept as if it were a member.
//
// The wall: an ISV has no right of its own anywhere. It acts for the one who granted, within the abilities and the
// tables of the grant, and is looked up anew at each call.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collaborations } from '../../proto/index.ts';
import { destinationTerms } from '../support/service-destinations.ts';
import { armsSql, ask, chargesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused, refusalOf } from '../support/service-refusal.ts';
import { cast, mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { expectNothingDone } from '../support/service-standing.ts';
import { grantToIsv, setTable, type Table } from '../support/service-table.ts';

const forBrand = { onBehalfOf: cast.brand.member, epsilon: 0.3 };
const mailingsSql = 'select m.arm, count(distinct m.email) as persons from chenxi.mailings m group by m.arm';

let stage: ServiceStage;
let table: Table;
let grant: collaborations.Grant;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
  grant = await grantToIsv(stage, table.collaborationId, [collaborations.Ability.QUERY], ['chenxi.mailings']);
});

afterAll(() => stage[Symbol.asyncDispose]());

const submit = (sql: string, fields: object) =>
  stage.as('isv').queries.submit(questionOf(table.collaborationId, sql, fields), randomUUID());

describe('an ISV with a grant for one table', () => {
  it('asks over that table for its brand', async () => {
    expect((await ask(stage, 'isv', table.collaborationId, mailingsSql, forBrand)).rows).toHaveLength(3);
  });

  it('touches no other table, not even in a join, and learns so before anything is spent', async () => {
    for (const sql of [armsSql, 'select count(*) as n from jiufang.outcomes']) {
      await expectNothingDone(stage, table, () => expectRefused(submit(sql, forBrand), 'PERMISSION_DENIED'));
      const question = questionOf(table.collaborationId, sql, forBrand);
      await expectRefused(stage.as('isv').queries.explain(question), 'PERMISSION_DENIED');
    }
  });

  it('acts neither for itself nor for another member nor for nobody', async () => {
    for (const onBehalfOf of ['', cast.isv.member, cast.platform.member, cast.outsider.member]) {
      await expectNothingDone(stage, table, () =>
        expectRefused(submit(mailingsSql, { onBehalfOf }), 'PERMISSION_DENIED'),
      );
    }
  });

  it('defines no audience without that ability', async () => {
    const { collaborationId } = table;
    const sql = "select m.email from chenxi.mailings m where m.arm = 'mens'";
    const definition = {
      definition: undefined,
      collaborationId,
      displayName: 'theirs',
      sql,
      onBehalfOf: cast.brand.member,
      requestId: '',
    };
    await expectNothingDone(stage, table, () =>
      expectRefused(stage.as('isv').audiences.define(definition), 'PERMISSION_DENIED'),
    );
  });

  it('reads what it asked, and not what the brand or the platform asked', async () => {
    const { query } = await ask(stage, 'brand', table.collaborationId, `select count(*) as n ${joined}`, {
      epsilon: 0.2,
    });
    await expectRefused(stage.as('isv').queries.get(query.queryId), 'NOT_FOUND');
    await expectRefused(stage.as('isv').queries.readRelease(query.queryId), 'NOT_FOUND');
    await expectRefused(stage.as('isv').queries.cancel(query.queryId), 'NOT_FOUND');
    await expectRefused(stage.as('platform').queries.get(query.queryId), 'NOT_FOUND');
  });

  it('grants, binds, sets rules, creates, uploads and accepts nothing', async () => {
    const { collaborationId, mailingsId } = table;
    const isv = stage.as('isv');
    const attempts = [
      () => grantBy(isv, collaborationId),
      () => isv.collaborations.revoke(collaborationId, grant.grantId),
      () =>
        isv.collaborations.bind({ collaborationId, datasetId: mailingsId, alias: 'mine', rulesJson: mailingsRules() }),
      () => isv.collaborations.setRules({ collaborationId, alias: 'mailings', rulesJson: mailingsRules() }),
      () => isv.collaborations.accept(collaborationId),
      () => isv.datasets.get(mailingsId),
      () => isv.datasets.create({ displayName: 'mine', columns: [], requestId: '' }),
      () => Array.fromAsync(isv.audit.entries({ collaborationId, kind: '', fromIndex: 0n })),
      () => isv.destinations.propose({ collaborationId, destinationId: 'mine', terms: destinationTerms() }),
      () => isv.destinations.approve({ collaborationId, destinationId: 'mine', termsDigest: '0'.repeat(64) }),
      () => isv.destinations.withdraw(collaborationId, 'mine'),
      () => isv.destinations.end(collaborationId, 'mine'),
    ];
    for (const attempt of attempts) {
      await expectNothingDone(stage, table, async () => {
        const { reason } = await refusalOf(attempt());
        expect(['NOT_FOUND', 'PERMISSION_DENIED']).toContain(reason);
      });
    }
  });

  it('sees its own account and not that of a member it does not work for', async () => {
    const accounts = Object.keys(await chargesOf(stage, 'isv', table.collaborationId));
    expect(accounts).toContain(`consumer/${table.collaborationId}/${cast.isv.member}`);
    expect(accounts).not.toContain(`consumer/${table.collaborationId}/${cast.platform.member}`);
  });
});

const grantBy = (client: ReturnType<ServiceStage['as']>, collaborationId: string) =>
  client.collaborations.grant({
    collaborationId,
    grantee: 'another',
    abilities: [collaborations.Ability.QUERY],
    tables: ['chenxi.mailings'],
    expiresAt: new Date(Date.now() + 3_600_000),
  });

describe('an ISV with grants of two members', () => {
  it('does not join what each gave it for itself', async () => {
    const both = ['chenxi.mailings', 'jiufang.outcomes'];
    await stage.as('brand').collaborations.revoke(table.collaborationId, grant.grantId);
    const { QUERY } = collaborations.Ability;
    await grantToIsv(stage, table.collaborationId, [QUERY], [both[0] ?? '']);
    await grantToIsv(stage, table.collaborationId, [QUERY], [both[1] ?? '']);
    await expectNothingDone(stage, table, () => expectRefused(submit(armsSql, forBrand), 'PERMISSION_DENIED'));
  });
});
