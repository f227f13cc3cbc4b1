// Everything a worker must not be able to do, one line a denial: the name that the hostile programs report it under, the
// layer that keeps it (some are kept by a second one too), and what an operator can do when it is open.
import type { WallCheck, WallCheckLayer } from '../wall.ts';
import type { WorkerUsers } from './worker-users.ts';

/** One promise of the wall. */
interface Denial {
  layer: WallCheckLayer;
  fix: string;
  /** Left out: always. Else whether this start could keep it at all. */
  isRequired?: (users: WorkerUsers) => boolean;
}

const REINSTALL =
  'install bubblewrap 0.8 or later from the distribution, and do not wrap the service in a profile that changes it';
const OWN_PACKAGES = 'install the packages of `package-lock.json` with `npm ci`, and change none of them';

const USER_NAMESPACES =
  'allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces > 0)';

const SECCOMP = 'run a kernel with CONFIG_SECCOMP_FILTER';
/** What to do where not even one worker starts. */
export const NO_START = `no worker started: ${USER_NAMESPACES}; ${REINSTALL}`;

const CLOSE_RANGE = 'run a kernel of 5.9 or later, whose `close_range` closes what the service inherited';
const LIMITS = 'install util-linux, whose `prlimit` sets the limits of a worker';
const AS_ROOT = 'start the service as root, which gives each worker a user of its own; or as an ordinary user';
const AS_ROOT_ONLY = 'start the service as root: each of its workers is then a user of its own, who owns no file';

const hasOwnUsers = (users: WorkerUsers) => users.processCount === 'user';
const countsProcesses = (users: WorkerUsers) => users.processCount !== 'none';

const DENIALS: Readonly<Record<string, Denial>> = {
  'holds-no-other-descriptor': { layer: 'closing-step', fix: CLOSE_RANGE },
  'answers-on-one-descriptor': { layer: 'closing-step', fix: 'install the package `perl-base` of the distribution' },
  'takes-no-more-memory': { layer: 'limits', fix: LIMITS },
  'opens-no-more-descriptors': { layer: 'limits', fix: LIMITS },
  'starts-no-more-threads': {
    layer: 'limits',
    fix: `start the service as root, or ${USER_NAMESPACES}`,
    isRequired: countsProcesses,
  },
  'is-not-root': { layer: 'own-user', fix: AS_ROOT },
  'is-a-user-of-its-own': { layer: 'own-user', fix: AS_ROOT_ONLY, isRequired: hasOwnUsers },
  'reads-no-private-file': { layer: 'own-user', fix: AS_ROOT_ONLY, isRequired: hasOwnUsers },
  'sets-no-core-pattern': { layer: 'namespaces', fix: AS_ROOT },
  'reads-no-host-file': { layer: 'namespaces', fix: REINSTALL },
  'reads-no-own-process-files': { layer: 'namespaces', fix: REINSTALL },
  'reads-no-process-one': { layer: 'namespaces', fix: REINSTALL },
  'reaches-no-other-worker': { layer: 'namespaces', fix: REINSTALL },
  'sees-only-the-worker': { layer: 'namespaces', fix: REINSTALL },
  'writes-no-file': { layer: 'namespaces', fix: REINSTALL },
  'changes-no-code': { layer: 'namespaces', fix: REINSTALL },
  'has-no-environment': { layer: 'namespaces', fix: REINSTALL },
  'is-process-one': { layer: 'namespaces', fix: REINSTALL },
  'opens-no-tcp-socket': { layer: 'seccomp', fix: SECCOMP },
  'listens-on-no-unix-socket': { layer: 'seccomp', fix: SECCOMP },
  'sends-no-datagram': { layer: 'seccomp', fix: SECCOMP },
  'starts-no-program': { layer: 'seccomp', fix: SECCOMP },
  'signals-nobody': { layer: 'seccomp', fix: SECCOMP },
  'becomes-no-other-user': { layer: 'seccomp', fix: SECCOMP },
  'dies-at-a-fatal-call': { layer: 'seccomp', fix: SECCOMP },
  'engine-reads-no-file': { layer: 'engine-lockdown', fix: OWN_PACKAGES },
  'engine-writes-no-file': { layer: 'engine-lockdown', fix: OWN_PACKAGES },
  'engine-attaches-no-file': { layer: 'engine-lockdown', fix: OWN_PACKAGES },
  'engine-loads-no-extension': { layer: 'engine-lockdown', fix: OWN_PACKAGES },
  'engine-keeps-its-settings': { layer: 'engine-lockdown', fix: OWN_PACKAGES },
};

/** Turns what hostile programs reported into checks: every denial must have been reported as held. */
export function judgeReport(report: Record<string, unknown>, users: WorkerUsers): WallCheck[] {
  return Object.entries(DENIALS).map(([name, { layer, fix, isRequired }]) => ({
    name,
    layer,
    holds: report[name] === true,
    fix,
    isRequired: isRequired?.(users) ?? true,
  }));
}
