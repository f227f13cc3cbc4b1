import * as fs from 'node:fs';

/** Uids reserved for workers, both included. */
export interface UserRange {
  first: number;
  last: number;
}

/**
 * Reserved where nobody else's reservation reaches: Debian gives 1 to 59,999 to people and services, systemd 60,001 to
 * 60,577 to homes and 61,184 to 65,519 to its own dynamic users. Below 65,536, since a container without root's rights
 * has no more.
 */
export const DEFAULT_WORKER_USERS: UserRange = { first: 60_608, last: 61_119 };

/** Root is 0. */
export const LOWEST_WORKER_UID = 1;
/** The next is `nobody`, whom every service without a better idea runs as, and the one after it means "no change". */
export const HIGHEST_WORKER_UID = 65_533;

/** What one wall reserves at a time. */
export const USERS_PER_BLOCK_COUNT = 8;

/** Two walls of the usual size and a service that is started while an old one ends. */
export const LEAST_WORKER_USERS_COUNT = 64;

/** Thrown when workers cannot be given users of their own; the message says what to do. */
export class WorkerUsersError extends Error {
  override name = 'WorkerUsersError';
}

/**
 * Refuses a range in which somebody else lives, or which this container does not have.
 *
 * @throws {WorkerUsersError} naming the uid and the way out
 */
export function expectOwnRange(range: UserRange, files: HostUserFiles = HOST_USER_FILES): void {
  const { first, last } = range;
  const isWhole = Number.isSafeInteger(first) && Number.isSafeInteger(last);
  if (!isWhole || first < LOWEST_WORKER_UID || last > HIGHEST_WORKER_UID) {
    refuse(`\`wall.workerUsers\` must lie within ${LOWEST_WORKER_UID} to ${HIGHEST_WORKER_UID}`);
  }
  if (last - first + 1 < LEAST_WORKER_USERS_COUNT) {
    refuse(`\`wall.workerUsers\` must hold at least ${LEAST_WORKER_USERS_COUNT} uids`);
  }
  for (const [file, what] of [
    [files.users, 'user'],
    [files.groups, 'group'],
  ] as const) {
    const owner = ownersIn(file).find(({ id }) => id >= first && id <= last);
    if (owner)
      refuse(`the ${what} \`${owner.name}\` lives in \`wall.workerUsers\` as ${owner.id}: reserve another range`);
  }
  for (const file of [files.userMap, files.groupMap]) {
    if (!isMapped(range, file)) {
      refuse(`this container has no uids ${first} to ${last}: set \`wall.workerUsers\` to a range in \`${file}\``);
    }
  }
}

/** Where the host says who its users are, and a container which ids it has. */
export interface HostUserFiles {
  users: string;
  groups: string;
  userMap: string;
  groupMap: string;
}

const HOST_USER_FILES: HostUserFiles = {
  users: '/etc/passwd',
  groups: '/etc/group',
  userMap: '/proc/self/uid_map',
  groupMap: '/proc/self/gid_map',
};

function refuse(message: string): never {
  throw new WorkerUsersError(message);
}

function ownersIn(file: string): { name: string; id: number }[] {
  return linesOf(file).map((line) => {
    const [name = '', , id] = line.split(':');
    return { name, id: Number(id) };
  });
}

// Lines are: first id inside, first id outside, how many.
function isMapped({ first, last }: UserRange, file: string): boolean {
  const spans = linesOf(file).map((line) => line.trim().split(/\s+/).map(Number));
  return spans.some(([inside = 0, , count = 0]) => first >= inside && last < inside + count);
}

// A machine may have no list of its users; then nobody is listed.
function linesOf(file: string): string[] {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}
