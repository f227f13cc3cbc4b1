import type { Selectable } from 'kysely';
import type { Decision } from '../authorize/index.ts';
import { type CollaborationRecord, factsOf, grantFactsOf, readCollaboration } from '../collaborations/index.ts';
import { accessRefused, type Call, notFound } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { type Tables, writtenOnce } from '../store/index.ts';

/** A question as kept. */
export type QuestionRow = Selectable<Tables['questions']>;

const findQuestion = writtenOnce((db, of: { readonly queryId: string }) =>
  db.selectFrom('questions').selectAll().where('query_id', '=', of.queryId),
);

/** Lets a caller at a question. @throws {ServiceError} NOT_FOUND or PERMISSION_DENIED */
export async function admitToQuestion(
  kitchen: Kitchen,
  call: Call,
  action: 'read-question' | 'cancel-question',
  queryId: string,
): Promise<QuestionRow> {
  const [row] = await findQuestion(kitchen.store.db, { queryId });
  const collaboration = row && (await readCollaboration(kitchen, row.collaboration_id));
  if (row === undefined || collaboration === undefined) throw notFound('question');
  const decision = decideOnQuestion(kitchen, call, action, { row, collaboration });
  if (decision.allowed) return row;
  throw accessRefused({ thing: 'question', id: queryId, isVisible: decision.isVisible });
}

/** Decides what a caller may do with a question, by the rights of now. */
export function decideOnQuestion(
  kitchen: Kitchen,
  call: Call,
  action: 'read-question' | 'cancel-question',
  { row, collaboration }: { row: QuestionRow; collaboration: CollaborationRecord },
): Decision {
  return kitchen.authorizer.authorize({
    principal: call.principal,
    nowMs: kitchen.nowMs(),
    action,
    collaboration: factsOf(collaboration),
    question: {
      asker: row.asker,
      actingFor: row.acting_for,
      isByTemplate: row.template !== null,
    },
    grants: grantFactsOf(collaboration, call.principal.member),
    tables: JSON.parse(row.tables) as string[],
  });
}
