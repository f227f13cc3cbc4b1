import type { Command } from 'commander';
import { addAuditExport } from './audit-export-command.ts';
import { addAuditFsck } from './audit-fsck-command.ts';
import { addAuditGrants } from './audit-grant-commands.ts';
import { addAuditKeys } from './audit-keys-command.ts';
import { addAuditList } from './audit-list-command.ts';
import { addAuditMirror } from './audit-mirror-command.ts';
import { addAuditReplay } from './audit-replay-command.ts';
import { addAuditReports } from './audit-report-commands.ts';
import { addAuditRules } from './audit-rules-command.ts';
import { addAuditVerify } from './audit-verify-command.ts';

/** Adds `audit …`: the log, and its verification on the auditor's own machine. */
export function addAuditCommands(program: Command): void {
  const group = program
    .command('audit')
    .description('the append-only log of everything that was asked, decided and released');
  addAuditList(group);
  addAuditReports(group);
  addAuditExport(group);
  addAuditGrants(group);
  addAuditVerify(group);
  addAuditMirror(group);
  addAuditFsck(group);
  addAuditKeys(group);
  addAuditReplay(group);
  addAuditRules(group);
}
