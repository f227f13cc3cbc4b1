import type { EntryKind } from '../../../audit/index.ts';

/** The version of the Open Cybersecurity Schema Framework that events are written in. */
export const OCSF_VERSION = '1.9.0';

/** A class of events, by its numbers and names in the schema. */
export interface OcsfClass {
  readonly uid: number;
  readonly name: string;
  readonly category: { readonly uid: number; readonly name: string };
  readonly activities: Readonly<Record<number, string>>;
}

const IAM = { uid: 3, name: 'Identity & Access Management' } as const;
const APPLICATION = { uid: 6, name: 'Application Activity' } as const;

/** The activity of what the schema has no word for; its name is then ours. */
export const OTHER_ACTIVITY = 99;

/** The classes that entries of the log belong to, with the activities that they use of them. */
export const ocsfClasses = {
  authentication: { uid: 3002, name: 'Authentication', category: IAM, activities: { 1: 'Logon' } },
  entity: {
    uid: 3004,
    name: 'Entity Management',
    category: IAM,
    activities: { 1: 'Create', 3: 'Update', 4: 'Delete', 8: 'Enable', 11: 'Deactivate' },
  },
  access: {
    uid: 3005,
    name: 'User Access Management',
    category: IAM,
    activities: { 1: 'Assign Privileges', 2: 'Revoke Privileges' },
  },
  lifecycle: { uid: 6002, name: 'Application Lifecycle', category: APPLICATION, activities: { 3: 'Start', 4: 'Stop' } },
  api: {
    uid: 6003,
    name: 'API Activity',
    category: APPLICATION,
    activities: { 1: 'Create', 2: 'Read', 3: 'Update', 4: 'Delete' },
  },
} as const satisfies Record<string, OcsfClass>;

/** Where an entry of a kind belongs. */
export interface OcsfPlace {
  readonly class: keyof typeof ocsfClasses;
  readonly activity: number;
  /** Of entities: what was changed. */
  readonly entity?: string;
}

const api = (activity: number): OcsfPlace => ({ class: 'api', activity });
const access = (activity: number): OcsfPlace => ({ class: 'access', activity });
const entity = (activity: number, what: string): OcsfPlace => ({ class: 'entity', activity, entity: what });

/** The place of each kind. One that is not here yet is a call of the service, under its own name. */
const PLACES: Partial<Record<EntryKind, OcsfPlace>> = {
  'service-started': { class: 'lifecycle', activity: 3 },
  'service-stopped': { class: 'lifecycle', activity: 4 },
  'authentication-refused': { class: 'authentication', activity: 1 },
  'collaboration-created': entity(1, 'collaboration'),
  'member-invited': entity(3, 'collaboration'),
  'member-accepted': entity(3, 'collaboration'),
  'grant-made': access(1),
  'grant-revoked': access(2),
  'audit-granted': access(1),
  'audit-grant-revoked': access(2),
  'dataset-created': entity(1, 'dataset'),
  'dataset-bound': entity(3, 'dataset'),
  'rules-changed': entity(3, 'rules'),
  'identity-rules-set': entity(3, 'rules'),
  'snapshot-published': entity(3, 'dataset'),
  'persons-opted-out': entity(3, 'opt-outs'),
  'opt-outs-withdrawn': entity(3, 'opt-outs'),
  'person-erased': entity(4, 'persons'),
  'dataset-erased': entity(4, 'dataset'),
  'member-erased': entity(4, 'member'),
  'function-submitted': entity(1, 'function'),
  'function-retired': entity(11, 'function'),
  'template-published': entity(1, 'template'),
  'template-approved': access(1),
  'template-approval-withdrawn': access(2),
  'destination-registered': entity(1, 'destination'),
  'destination-approved': entity(3, 'destination'),
  'destination-approval-withdrawn': entity(3, 'destination'),
  'destination-closed': entity(4, 'destination'),
  'tags-published': entity(3, 'tags'),
  'key-rotated': entity(3, 'key'),
  'receipt-key-announced': entity(1, 'key'),
  'configuration-changed': entity(3, 'configuration'),
  'upload-begun': api(1),
  'upload-abandoned': api(4),
  'upload-expired': api(4),
  'question-explained': api(2),
  'question-submitted': api(1),
  'release-read': api(2),
  'question-cancelled': api(4),
  'model-trained': api(1),
  'audience-defined': api(1),
  'audience-estimated': api(2),
  'audience-revoked': api(4),
  'audience-refreshed': api(1),
  'audience-scheduled': api(3),
  'match-begun': api(1),
  'match-reported': api(2),
  'match-estimated': api(2),
  'data-taken-out': api(2),
  'decision-read': api(2),
  'rules-read': api(2),
  'receipt-read': api(2),
  'log-read': api(2),
  'log-exported': api(2),
};

/** Where an entry of a kind belongs in the schema. */
export function ocsfPlaceOf(kind: EntryKind): OcsfPlace {
  return PLACES[kind] ?? api(OTHER_ACTIVITY);
}
