// Takes the place of `inside.ts` in worker code staged for the development wall, and is in no other.

/**
 * Refuses to run where the host did not ask for the development wall in so many words.
 *
 * @throws {Error} when this process was not started by it
 */
export function expectInside(): void {
  if (process.argv[2] !== 'development-wall' || !import.meta.dirname.includes('/development-')) {
    throw new Error('this worker code runs behind the development wall only: start it with `--development-wall`');
  }
}
