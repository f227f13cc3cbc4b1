import type { collaborations } from '../../proto/index.ts';
import { printable, renderTable } from '../render/index.ts';
import { nameAbilities } from './parse-ability.ts';

/** Renders a collaboration: members, bound tables and grants. */
export function renderCollaboration(one: collaborations.Collaboration): string {
  const parts = [
    `${printable(one.displayName)} (${one.collaborationId}), created by ${printable(one.creator)}`,
    renderTable(
      ['member', 'may', 'accepted'],
      one.members.map((member) => [member.member, nameAbilities(member.abilities), when(member.acceptedAt, 'not yet')]),
    ),
  ];
  if (one.purpose !== '' || one.regions.length > 0) {
    const where = one.regions.length === 0 ? 'any region' : one.regions.join(', ');
    parts.push(`for ${one.purpose === '' ? 'no stated purpose' : `\`${one.purpose}\``}, rows of ${where}`);
  }
  if (one.bindings.length > 0) {
    const rows = one.bindings.map((b) => [
      `${b.owner}.${b.alias}`,
      b.datasetId,
      b.isPublic ? 'public' : 'protected',
      String(b.rulesVersion),
      b.rulesDigest.slice(0, 12),
    ]);
    parts.push(renderTable(['table', 'dataset', 'rows', 'rules version', 'rules digest'], rows));
  }
  if (one.grants.length > 0)
    parts.push(renderTable(['grant', 'from', 'to', 'may', 'tables', 'until'], one.grants.map(grantRow)));
  return parts.join('\n');
}

/** A moment for people, or what to say when there is none. */
export function when(moment: Date | undefined, otherwise = ''): string {
  return moment?.toISOString().slice(0, 16).replace('T', ' ') ?? otherwise;
}

function grantRow(grant: collaborations.Grant): string[] {
  const until = grant.revokedAt === undefined ? when(grant.expiresAt) : `revoked ${when(grant.revokedAt)}`;
  return [grant.grantId, grant.grantor, grant.grantee, nameAbilities(grant.abilities), grant.tables.join(', '), until];
}
