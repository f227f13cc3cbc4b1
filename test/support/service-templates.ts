import { createHash, randomUUID } from 'node:crypto';
import { CompactSign, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { templates } from '../../proto/index.ts';
import type { Actor } from './service-rules.ts';
import type { ServiceStage } from './service-stage.ts';

/** Makes a key that signs templates. */
export async function signingKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return await exportJWK(privateKey);
}

/** A document with its signature, made as docs/templates.md says and not by the code that ships. */
export async function signed(document: string, key: JWK, typ = 'galley-template+jws') {
  const digest = createHash('sha256').update(document).digest('hex');
  const signature = await new CompactSign(Buffer.from(digest)).setProtectedHeader({ alg: 'EdDSA', typ }).sign(key);
  return { document, signature, publicKey: JSON.stringify({ kty: key.kty, crv: key.crv, x: key.x }) };
}

/** A question about the visits of an arm, with the smallest visit that counts to be filled in. */
export const visitsTemplate = {
  galleyTemplate: 1,
  name: 'visits/by-arm',
  version: '1.0',
  kind: 'sql',
  title: 'Visitors by arm of a mailing',
  meaning: 'How many persons of a city came, by the arm of the mailing that they got.',
  epsilon: 0.5,
  parameters: [
    { name: 'outcomes', kind: 'table', meaning: 'what persons did' },
    { name: 'least', kind: 'integer', min: 0, max: 9, default: 1, meaning: 'from how many visits on' },
    { name: 'city', kind: 'text', meaning: 'of which city' },
  ],
  sql: [
    'select m.arm, count(distinct m.email) as persons',
    'from chenxi.mailings m join {{outcomes}} o on m.email = o.email',
    'where o.visit >= {{least}} and o.city = {{city}} group by m.arm order by m.arm',
  ],
};

/** The audience of the visitors of an arm. */
export const visitorsTemplate = {
  ...visitsTemplate,
  name: 'visits/visitors',
  kind: 'audience',
  epsilon: undefined,
  parameters: [{ name: 'arms', kind: 'list', of: 'text', meaning: 'which arms' }],
  sql: [
    'select m.email from chenxi.mailings m join jiufang.outcomes o on m.email = o.email',
    'where o.visit = 1 and m.arm in {{arms}}',
  ],
};

/** Publishes a template. */
export async function publish(
  stage: ServiceStage,
  actor: Actor,
  { collaborationId, template, key }: { collaborationId: string; template: object; key: JWK },
): Promise<templates.Template> {
  const document = JSON.stringify(template);
  return await stage.as(actor).templates.publish({ collaborationId, ...(await signed(document, key)) });
}

/** A run as a request carries it. */
export function runOf(
  collaborationId: string,
  digest: string,
  values: Readonly<Record<string, unknown>>,
  fields: Partial<templates.RunTemplateRequest> = {},
): templates.RunTemplateRequest {
  const request = { collaborationId, digest, values: JSON.stringify(values), epsilon: 0, onBehalfOf: '' };
  return { ...request, displayName: '', requestId: randomUUID(), ...fields };
}
