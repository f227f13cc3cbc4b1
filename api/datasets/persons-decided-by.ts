import type { IdentityRules } from '../../policies/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { identityInForce } from './identity-in-force.ts';
import { readSpineParts } from './spine-scope.ts';

/** What decides which rows of a table are one unit of privacy. */
export interface PersonsDecidedBy {
  readonly unit: IdentityRules['unit'];
  /** The members of all bound tables of persons. */
  readonly owners: ReadonlySet<string>;
}

/** Reads what decides on the persons of a collaboration. */
export async function personsDecidedBy(kitchen: Kitchen, collaborationId: string): Promise<PersonsDecidedBy> {
  const identity = await identityInForce(kitchen, collaborationId);
  const parts = await readSpineParts(kitchen, collaborationId);
  return { unit: identity.rules.unit, owners: new Set(parts.map(({ owner }) => owner)) };
}

/**
 * Whether counts over a member's own tables follow from its own rows alone. Where households are the unit, any member's
 * rows may put its persons in one: an owner who reads exact counts of its own rows would learn who lives together.
 */
export function isOwnAlone({ unit, owners }: PersonsDecidedBy, member: string): boolean {
  return unit === 'person' || [...owners].every((owner) => owner === member);
}
