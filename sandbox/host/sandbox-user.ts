import * as process from 'node:process';

/** The user `nobody`: owns no file and may be signalled by nobody but root. */
export const SANDBOX_UID = 65_534;

/**
 * Says whose processes workers are.
 *
 * Started as root, bubblewrap would leave the worker's outer uid at 0, and to procfs that is the owner of the
 * machine. An ordinary user cannot
 * switch uid: its workers keep it, and the self-test says so.
 */
export function sandboxUser(): { uid: number; gid: number } | null {
  return process.getuid?.() === 0 ? { uid: SANDBOX_UID, gid: SANDBOX_UID } : null;
}
