import { functions } from '../../proto/index.ts';
import { admit } from '../collaborations/index.ts';
import type { Call, HandlerWrappers } from '../grpc/index.ts';
import { type Kitchen, once, readPage } from '../kitchen/index.ts';
import { admitToFunction, decideOnFunction, selectNewest } from './function-record.ts';
import { retireFunction } from './retire-function.ts';
import { admitToSubmit, checkFunction, submitFunction } from './submit-function.ts';
import { functionMessage } from './to-message.ts';

/** Most functions of a page: with the longest signatures an answer is still under the largest message. */
const MAX_PAGE_FUNCTIONS = 100;

/** The handlers of galley.v1.FunctionService. */
export function makeFunctionService(kitchen: Kitchen, { unary }: HandlerWrappers): functions.FunctionServiceServer {
  return {
    submitFunction: unary('submit-function', (request, call) => submit(kitchen, call, request)),
    checkFunction: unary('submit-function', (request, call) => checkFunction(kitchen, call, request)),
    getFunction: unary('read-function', async ({ functionId }, call) => ({
      function: functionMessage((await admitToFunction(kitchen, call, 'read-function', functionId)).row),
    })),
    listFunctions: unary('list-functions', (request, call) => list(kitchen, call, request)),
    retireFunction: unary('retire-function', async ({ functionId }, call) => ({
      function: functionMessage(await retireFunction(kitchen, call, functionId)),
    })),
  };
}

async function submit(
  kitchen: Kitchen,
  call: Call,
  request: functions.SubmitFunctionRequest,
): Promise<functions.SubmitFunctionResponse> {
  // Before the answer of a repetition too: the rights it was given under may have ended.
  await admitToSubmit(kitchen, call, request);
  const repeatable = {
    member: call.principal.member,
    rpc: 'SubmitFunction',
    requestId: request.requestId,
    request: functions.SubmitFunctionRequest.encode(request).finish(),
  };
  const id = await once(kitchen, repeatable, async (remember) =>
    Buffer.from(await submitFunction(kitchen, call, request, remember)),
  );
  const { row } = await admitToFunction(kitchen, call, 'read-function', Buffer.from(id).toString());
  return { function: functionMessage(row) };
}

async function list(
  kitchen: Kitchen,
  call: Call,
  request: functions.ListFunctionsRequest,
): Promise<functions.ListFunctionsResponse> {
  const { collaborationId } = request;
  const collaboration = await admit(kitchen, call, { action: 'list-functions', collaborationId });
  const page = readPage({ ...request, pageSize: Math.min(request.pageSize, MAX_PAGE_FUNCTIONS) });
  const rows = await selectNewest(kitchen.store.db, collaborationId).limit(page.size).offset(page.offset).execute();
  // The list shows what GetFunction would.
  const seen = rows.filter((row) => decideOnFunction(kitchen, call, 'read-function', { row, collaboration }).allowed);
  return { functions: seen.map(functionMessage), nextPageToken: page.next(rows.length) };
}
