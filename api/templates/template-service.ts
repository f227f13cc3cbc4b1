import type { TemplateKind } from '../../policies/index.ts';
import { templates } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import type { HandlerWrappers } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Runs } from '../queries/index.ts';
import { approveTemplate, withdrawApproval } from './approve-template.ts';
import { publishTemplate } from './publish-template.ts';
import { explainTemplate, runTemplate } from './run-template.ts';
import { findTemplate, listTemplates, type TemplateFacts, type TemplateRecord } from './template-record.ts';

/** The handlers of galley.v1.TemplateService. */
export function makeTemplateService(
  kitchen: Kitchen,
  runs: Runs,
  { unary }: HandlerWrappers,
): templates.TemplateServiceServer {
  return {
    publishTemplate: unary('publish-template', async (request, call) => ({
      template: message(request.collaborationId, await publishTemplate(kitchen, call, request)),
    })),
    approveTemplate: unary('approve-template', async (request, call) => ({
      template: message(request.collaborationId, await approveTemplate(kitchen, call, request)),
    })),
    withdrawTemplateApproval: unary('withdraw-template-approval', async (request, call) => ({
      template: message(request.collaborationId, await withdrawApproval(kitchen, call, request)),
    })),
    getTemplate: unary('read-template', async ({ collaborationId, digest }, call) => {
      const collaboration = await admit(kitchen, call, { action: 'read-template', collaborationId });
      return { template: message(collaborationId, await findTemplate(kitchen, call, collaboration, digest)) };
    }),
    listTemplates: unary('read-template', async ({ collaborationId }, call) => {
      const collaboration = await admit(kitchen, call, { action: 'read-template', collaborationId });
      const found = await listTemplates(kitchen, call, collaboration);
      return { templates: found.map((one) => factsMessage(collaborationId, one)) };
    }),
    explainTemplate: unary('read-template', (request, call) => explainTemplate(kitchen, call, request)),
    runTemplate: unary('run-template', (request, call) => runTemplate(kitchen, runs, call, request)),
  };
}

const KINDS: Readonly<Record<TemplateKind, templates.TemplateKind>> = {
  sql: templates.TemplateKind.SQL,
  audience: templates.TemplateKind.AUDIENCE,
  effect: templates.TemplateKind.EFFECT,
};

function factsMessage(collaborationId: string, facts: TemplateFacts): templates.Template {
  const { digest, author, isReady, name, version, kind, title, signature, signer, publishedAtMs } = facts;
  return {
    digest,
    collaborationId: isReady ? '' : collaborationId,
    author,
    name,
    version,
    document: '',
    signature,
    approvedBy: [...facts.approvedBy],
    publishedAt: publishedAtMs === null ? undefined : new Date(publishedAtMs),
    signer,
    kind: KINDS[kind],
    title,
    publicKey: '',
  };
}

function message(collaborationId: string, whole: TemplateRecord): templates.Template {
  const { document, publicKey } = whole;
  return { ...factsMessage(collaborationId, whole), document, publicKey };
}
