import { expect } from 'vitest';

/** Asserts that an act fails with this code; the prose of the message is nobody's contract. */
export async function expectCode(act: () => unknown, code: string): Promise<void> {
  let caught: unknown;
  try {
    await act();
  } catch (error) {
    caught = error;
  }
  expect(caught, `nothing was refused, where ${code} was due`).toBeInstanceOf(Error);
  expect(caught).toMatchObject({ code });
}
