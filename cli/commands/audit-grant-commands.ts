import { type Command, InvalidArgumentError } from 'commander';
import { audit } from '../../proto/index.ts';
import { renderTable } from '../render/index.ts';
import { parseMoment } from './audit-filter.ts';
import { when } from './collaboration-text.ts';
import { runCommand } from './command-context.ts';

const dayMs = 24 * 60 * 60 * 1000;
// The contract's own limit: a right that nobody renews should not outlive its reason.
const maxGrantDays = 366;
const defaultGrantDays = 30;

interface GrantOptions {
  readonly principal?: string;
  readonly since?: Date;
  readonly before?: Date;
  readonly decisions?: boolean;
  readonly days: number;
}

/** Adds `audit grant`, `audit revoke-grant` and `audit grants`. */
export function addAuditGrants(group: Command): void {
  group
    .command('grant <collaboration> <auditor-member>')
    .description('let an auditor of another house read entries of a collaboration, until a day; never a result')
    .option('--principal <name>', 'only this person or program of that member')
    .option('--since <time>', 'only entries from then on', parseMoment)
    .option('--before <time>', 'only entries before then', parseMoment)
    .option('--decisions', 'also records of decisions on what was asked for your member, with their literals')
    .option('--days <number>', `days until the grant ends, ${maxGrantDays} at most`, parseDays, defaultGrantDays)
    .action((collaborationId: string, auditorMember: string, options: GrantOptions, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const grant = await client.audit.grant({
          collaborationId,
          auditorMember,
          auditorPrincipal: options.principal ?? '',
          from: options.since,
          until: options.before,
          decisions: options.decisions === true,
          expiresAt: new Date(Date.now() + options.days * dayMs),
        });
        show(audit.AuditGrant.toJSON(grant), () => `grant ${grant.grantId}: ${whoOf(grant)} may read ${whatOf(grant)}`);
      }),
    );
  group
    .command('revoke-grant <grant>')
    .description('end such a grant at once')
    .action((grantId: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const grant = await client.audit.revokeGrant(grantId);
        show(audit.AuditGrant.toJSON(grant), () => `grant ${grant.grantId} ended ${when(grant.revokedAt)}`);
      }),
    );
  group
    .command('grants <collaboration>')
    .description('who may read the log of a collaboration by a grant, ended ones included')
    .action((collaborationId: string, _options: object, command: Command) =>
      runCommand(command, async ({ client, show }) => {
        const grants = await client.audit.grants(collaborationId);
        show(grants.map(audit.AuditGrant.toJSON), () => renderGrants(grants));
      }),
    );
}

function renderGrants(grants: readonly audit.AuditGrant[]): string {
  if (grants.length === 0)
    return 'nobody has a grant; auditors whose token has the collaboration in its scope need none';
  return renderTable(
    ['grant', 'from', 'to', 'may read', 'state'],
    grants.map((grant) => [grant.grantId, grant.grantor, whoOf(grant), whatOf(grant), stateOf(grant)]),
  );
}

function whoOf({ auditorMember, auditorPrincipal }: audit.AuditGrant): string {
  return auditorPrincipal === '' ? `auditors of ${auditorMember}` : `${auditorMember}/${auditorPrincipal}`;
}

function whatOf({ from, until, decisions, expiresAt }: audit.AuditGrant): string {
  const window = [from && `from ${when(from)}`, until && `before ${when(until)}`].filter((part) => part !== undefined);
  const entries = window.length === 0 ? 'all entries' : `entries ${window.join(' and ')}`;
  return `${entries}${decisions ? ' with decisions on its questions' : ''} until ${when(expiresAt)}`;
}

function stateOf({ revokedAt, expiresAt }: audit.AuditGrant): string {
  if (revokedAt !== undefined) return `revoked ${when(revokedAt)}`;
  return (expiresAt?.getTime() ?? 0) <= Date.now() ? 'ended' : 'stands';
}

function parseDays(value: string): number {
  const days = Number(value);
  if (Number.isInteger(days) && days >= 1 && days <= maxGrantDays) return days;
  throw new InvalidArgumentError(`it must be a whole number from 1 to ${maxGrantDays}`);
}
