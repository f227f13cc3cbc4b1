import { expect } from 'vitest';
import { isServiceError, type Refusal, readRefusal } from '../../cli/refusal.ts';

/** Waits for a call to be refused and reads why. @throws when it succeeds, or fails in another way than by gRPC */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const ended = await call.then(
    () => 'was answered',
    (error: unknown) => error,
  );
  if (!isServiceError(ended)) throw new Error('the call was not refused', { cause: ended });
  return readRefusal(ended);
}

/** Expects a refusal with a reason of the closed set, and a message in the house's style, and answers it. */
export async function expectRefused(call: Promise<unknown>, reason: string): Promise<Refusal> {
  const refusal = await refusalOf(call);
  expect(refusal).toMatchObject({ reason });
  expect(refusal.message).toMatch(/^[a-z`0-9].*[^.]$/su);
  return refusal;
}
