// The attack: an outsider who cannot see anything asks for names, one after another, and learns from the difference
// between "there is none" and "you may not" which collaborations, datasets, questions and audiences there are, and so
// who works with whom, on what.
//
// The wall: to those who may not know of a thing, the thing that is there and the thing that is not answer alike: the
// same code, the same words, the same details.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GalleyClient } from '../../cli/client/index.ts';
import { destinationTerms } from '../support/service-destinations.ts';
import { armsSql, ask, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { refusalOf } from '../support/service-refusal.ts';
import { destinationId, mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table, upload } from '../support/service-table.ts';

let stage: ServiceStage;
let table: Table;
let queryId: string;
let audienceId: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
  ({ queryId } = (await ask(stage, 'brand', table.collaborationId, armsSql)).query);
  const { collaborationId } = table;
  const sql = `select m.email ${joined} where m.arm = 'mens'`;
  const definition = {
    definition: undefined,
    collaborationId,
    displayName: 'theirs',
    sql,
    onBehalfOf: '',
    requestId: randomUUID(),
  };
  ({ audienceId } = await stage.as('brand').audiences.define(definition));
});

afterAll(() => stage[Symbol.asyncDispose]());

interface Names {
  readonly collaborationId: string;
  readonly datasetId: string;
  readonly snapshotId: string;
  readonly queryId: string;
  readonly audienceId: string;
}

const missing: Names = {
  collaborationId: `col-${'0'.repeat(32)}`,
  datasetId: `ds-${'0'.repeat(32)}`,
  snapshotId: `snap-${'0'.repeat(32)}`,
  queryId: `q-${'0'.repeat(32)}`,
  audienceId: `aud-${'0'.repeat(32)}`,
};

const probes: Readonly<Record<string, (client: GalleyClient, names: Names) => Promise<unknown>>> = {
  'reading a collaboration': (client, { collaborationId }) => client.collaborations.get(collaborationId),
  'accepting an invitation': (client, { collaborationId }) => client.collaborations.accept(collaborationId),
  'reading a budget': (client, { collaborationId }) => client.collaborations.budget(collaborationId),
  'binding a dataset': (client, { collaborationId, datasetId }) =>
    client.collaborations.bind({ collaborationId, datasetId, alias: 'mine', rulesJson: mailingsRules() }),
  'setting rules': (client, { collaborationId }) =>
    client.collaborations.setRules({ collaborationId, alias: 'mailings', rulesJson: mailingsRules() }),
  'granting a right': (client, { collaborationId }) =>
    client.collaborations.grant({
      collaborationId,
      grantee: 'lantu',
      abilities: [2],
      tables: ['chenxi.mailings'],
      expiresAt: new Date(Date.now() + 3_600_000),
    }),
  'revoking a right': (client, { collaborationId }) => client.collaborations.revoke(collaborationId, 'grant-0'),
  'reading a dataset': (client, { datasetId }) => client.datasets.get(datasetId),
  uploading: (_, { datasetId }) => upload(stage, 'outsider', datasetId, 'email\n', { uploadId: 'one' }),
  'taking data out': (client, { datasetId, snapshotId }) =>
    Array.fromAsync(client.datasets.takeOut(datasetId, snapshotId)),
  'explaining a question': (client, { collaborationId }) =>
    client.queries.explain(questionOf(collaborationId, armsSql)),
  'submitting a question': (client, { collaborationId }) =>
    client.queries.submit(questionOf(collaborationId, armsSql), ''),
  'reading a question': (client, names) => client.queries.get(names.queryId),
  'cancelling a question': (client, names) => client.queries.cancel(names.queryId),
  'reading a release': (client, names) => client.queries.readRelease(names.queryId),
  'defining an audience': (client, { collaborationId }) =>
    client.audiences.define({
      definition: undefined,
      collaborationId,
      displayName: 'x',
      sql: armsSql,
      onBehalfOf: '',
      requestId: '',
    }),
  'reading an audience': (client, names) => client.audiences.get(names.audienceId),
  'sizing an audience': (client, names) => client.audiences.estimate(names.audienceId, 1),
  'activating an audience': (client, names) =>
    client.audiences.activate({ plan: undefined, audienceId: names.audienceId, destinationId, requestId: '' }),
  'revoking an audience': (client, names) => client.audiences.revoke(names.audienceId, destinationId),
  'listing audiences': (client, { collaborationId }) => client.audiences.list(collaborationId),
  'listing destinations': (client, { collaborationId }) => client.destinations.list(collaborationId),
  'proposing a destination': (client, { collaborationId }) =>
    client.destinations.propose({ collaborationId, destinationId, terms: destinationTerms() }),
  'approving a destination': (client, { collaborationId }) =>
    client.destinations.approve({ collaborationId, destinationId, termsDigest: '0'.repeat(64) }),
  'withdrawing an approval': (client, { collaborationId }) =>
    client.destinations.withdraw(collaborationId, destinationId),
  'closing a destination': (client, { collaborationId }) => client.destinations.end(collaborationId, destinationId),
  'reading the log': (client, { collaborationId }) =>
    Array.fromAsync(client.audit.entries({ collaborationId, kind: '', fromIndex: 0n })),
};

describe('an outsider', () => {
  it.each(Object.entries(probes))('learns nothing by %s', async (_, probe) => {
    const present: Names = {
      ...table,
      datasetId: table.mailingsId,
      snapshotId: table.mailingsSnapshotId,
      queryId,
      audienceId,
    };
    const client = stage.as('outsider');
    const [there, absent] = [await refusalOf(probe(client, present)), await refusalOf(probe(client, missing))];
    expect(there).toEqual(absent);
    expect(there).toMatchObject({ code: 'NOT_FOUND', reason: 'NOT_FOUND' });
  });

  it('is in the log with each attempt on what is there', async () => {
    const refused = await entriesOf(stage, 'authorization-refused');
    const resources = refused.map(({ subject }) => subject.resource);
    for (const id of [`collaboration/${table.collaborationId}`, `dataset/${table.mailingsId}`, `question/${queryId}`]) {
      expect(resources).toContain(id);
    }
  });
});
