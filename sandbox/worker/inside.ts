import { existsSync } from 'node:fs';

/**
 * Refuses to run anywhere but behind the wall.
 *
 * The engine and the file parsers are safe to feed only where nothing can be reached; imported by mistake from the
 * service they would work just as
 * well, and that is the danger.
 *
 * @throws {Error} when this process is not the first of its own namespace or can see the host's files
 */
export function expectInside(): void {
  if (process.pid !== 1 || existsSync('/etc/passwd') || !import.meta.dirname.startsWith('/galley/code')) {
    throw new Error('worker code runs behind the wall only: enter through `sandbox/index.ts`');
  }
}
