import { queries } from '../../proto/index.ts';
import type { Call } from '../grpc/index.ts';
import { type Kitchen, once } from '../kitchen/index.ts';
import { admitToQuestion, type QuestionRow } from './admit-to-question.ts';
import { ask } from './ask.ts';
import type { Runs } from './runs.ts';

/** Submits a question, once for each request id, and answers it as it is kept. */
export async function submitQuestion(
  kitchen: Kitchen,
  runs: Runs,
  call: Call,
  request: queries.SubmitQueryRequest,
): Promise<QuestionRow> {
  const repeatable = {
    member: call.principal.member,
    rpc: 'SubmitQuery',
    requestId: request.requestId,
    request: queries.SubmitQueryRequest.encode(request).finish(),
  };
  const id = await once(kitchen, repeatable, async (remember) =>
    Buffer.from(await ask(kitchen, runs, call, request, remember)),
  );
  return await admitToQuestion(kitchen, call, 'read-question', Buffer.from(id).toString());
}
