import { randomUUID } from 'node:crypto';
import type { models } from '../../proto/index.ts';
import { type Actor, cast, destinationId, type RulesFields } from './service-rules.ts';
import type { ServiceStage } from './service-stage.ts';
import { agree, createDataset, upload } from './service-table.ts';

/** A person of the platform; its kind is what nothing is trained on, and what all hopes to find. */
export interface Profile {
  readonly email: string;
  readonly city: 'north' | 'south' | 'east' | 'west';
  readonly age: number;
  readonly spend: number;
  readonly app: boolean;
  readonly kind: 0 | 1 | 2;
}

const PEOPLE = 6_000;
const CUSTOMER_OF_ITS_KIND = 3;

// A mixing of bits (MurmurHash3's finaliser): even shares without a generator's state.
function share(person: number, salt: number): number {
  let bits = Math.imul(person ^ (salt * 0x9e3779b1), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}

/** The platform's people: a fifth whom the brand sells to, two fifths of the young, two fifths of the old. */
export const profiles: readonly Profile[] = Array.from({ length: PEOPLE }, (_, person) => {
  const draw = (salt: number): number => share(person, salt);
  const kind = draw(1) < 0.2 ? 0 : draw(1) < 0.6 ? 1 : 2;
  const others = (['south', 'east', 'west'] as const)[Math.floor(draw(3) * 3)] ?? 'west';
  return {
    email: `p${person}@example.com`,
    city: draw(2) < ([0.7, 0.2, 0.15][kind] ?? 0) ? 'north' : others,
    age: Math.floor([26 + 14 * draw(4), 20 + 10 * draw(4), 53 + 25 * draw(4)][kind] ?? 0),
    spend: Math.floor([300 + 400 * draw(5), 20 + 60 * draw(5), 30 + 150 * draw(5)][kind] ?? 0),
    app: draw(6) < ([0.8, 0.7, 0.1][kind] ?? 0),
    kind,
  };
});

/** The brand's customers: every third of the first kind. */
export const customers = profiles.filter(({ kind }, index) => kind === 0 && index % CUSTOMER_OF_ITS_KIND === 0);

const shared = {
  version: 1,
  identity: 'email',
  rowsPerPerson: 1,
  maxGroupsPerPerson: 1,
  aggregates: ['count', 'count-persons', 'sum', 'avg'],
  functions: ['standard', 'chenxi/*'],
  minGroupSize: 20,
  budget: { epsilon: 20, delta: 1e-6 },
};
const destinations = [`${cast.platform.member}/${destinationId}`];
const features = ['city', 'age', 'spend', 'app'];

/** The rules of the profiles. */
export function profileRules(fields: RulesFields = {}): string {
  return JSON.stringify({
    ...shared,
    groupKeys: { city: { values: ['north', 'south', 'east', 'west'] }, kind: { values: ['0', '1', '2'] } },
    filters: ['age', 'spend', 'app'],
    measures: { age: { min: 18, max: 80 }, spend: { min: 0, max: 2000 } },
    audience: { columns: features, minSize: 100, destinations },
    ...fields,
  });
}

/** Where models are trained, and over what. */
export interface ModelStage {
  readonly collaborationId: string;
  readonly profilesId: string;
  readonly customersId: string;
  /** The audience of all customers: what look-alikes are like. */
  readonly seedAudienceId: string;
}

/** Lets platform and brand agree, and bring profiles and customers. */
export async function setModelStage(stage: ServiceStage): Promise<ModelStage> {
  const bring = async (owner: Actor, columns: readonly string[], csv: string): Promise<string> => {
    const { datasetId } = await createDataset(stage, owner, columns);
    await upload(stage, owner, datasetId, csv);
    return datasetId;
  };
  const lines = profiles.map((p) => `${p.email},${p.city},${p.age},${p.spend},${p.app},${p.kind}`);
  const columns = ['email:email', 'city:text', 'age:integer', 'spend:integer', 'app:boolean', 'kind:text'];
  const profilesId = await bring('platform', columns, `email,city,age,spend,app,kind\n${lines.join('\n')}\n`);
  const bought = customers.map(({ email }) => email).join('\n');
  const customersId = await bring('brand', ['email:email'], `email\n${bought}\n`);
  const collaborationId = await agree(stage, { epsilon: 20, consumerEpsilon: 20 });
  const bound = { collaborationId, datasetId: profilesId, alias: 'people', rulesJson: profileRules() };
  await stage.as('platform').collaborations.bind(bound);
  const rulesJson = JSON.stringify({ ...shared, audience: { columns: [], minSize: 100, destinations } });
  await stage
    .as('brand')
    .collaborations.bind({ collaborationId, datasetId: customersId, alias: 'customers', rulesJson });
  const seed = await stage.as('brand').audiences.define({
    collaborationId,
    displayName: 'customers',
    sql: 'select email from chenxi.customers -- all of them',
    onBehalfOf: '',
    requestId: randomUUID(),
    definition: undefined,
  });
  return { collaborationId, profilesId, customersId, seedAudienceId: seed.audienceId };
}

/** A training of the brand, at an epsilon of 1 unless told otherwise. */
export function trainingOf(
  { collaborationId }: ModelStage,
  spec: models.ModelSpec['spec'],
  fields: Partial<models.TrainModelRequest> = {},
): models.TrainModelRequest {
  return {
    collaborationId,
    displayName: 'a model',
    spec: { spec },
    epsilon: 1,
    onBehalfOf: '',
    requestId: randomUUID(),
    ...fields,
  };
}
