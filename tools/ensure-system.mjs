// Brings the few programs that npm cannot: the wall's (bubblewrap, prlimit) and, for the tests, a Python that can
// make a virtual environment, a NATS broker and age. All missing ones are named at once, so that there is one command to
// run, not three.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runShown, SetupError } from './announce.mjs';

const APT_LOCK_TIMEOUT_S = 120; // a fresh machine may be running its own update
const PYTHON_PROBE = 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 1)';

const wall = [
  { packages: ['bubblewrap'], isPresent: () => findProgram('bwrap') !== undefined },
  { packages: ['util-linux'], isPresent: () => findProgram('prlimit') !== undefined },
];
const peers = [
  { packages: ['python3', 'python3-venv'], isPresent: () => findPython() !== undefined },
  // A stock broker that audiences are delivered through, and the program that opens the files of a file drop.
  { packages: ['nats-server'], isPresent: () => findProgram('nats-server') !== undefined },
  { packages: ['age'], isPresent: () => findProgram('age') !== undefined },
];

/**
 * Installs what is missing of the wall's programs and, when asked, of what the tests put against Galley.
 *
 * @throws {SetupError} with the one command to run when this user may not install packages
 */
export async function ensureSystem({ withPeers }) {
  const needs = withPeers ? [...wall, ...peers] : wall;
  const missing = () => needs.filter((need) => !need.isPresent()).flatMap((need) => need.packages);
  const packages = missing();
  if (packages.length === 0) return;
  const prefix = privilegePrefix();
  if (findProgram('apt-get') === undefined || prefix === undefined) throw new SetupError(byHand(packages));
  const apt = (...args) => [...prefix, 'apt-get', '-o', `DPkg::Lock::Timeout=${APT_LOCK_TIMEOUT_S}`, ...args];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await runArgv('reading the list of system packages', apt('update', '-q'), env);
  const install = apt('install', '-y', '-q', '--no-install-recommends', ...packages);
  await runArgv(`installing ${packages.join(' ')}`, install, env);
  if (missing().length > 0) throw new SetupError(`${missing().join(' ')} did not become usable by being installed`);
}

/** The path of a Python 3.10 or later that can make a virtual environment, or undefined. */
export function findPython() {
  const candidates = [findProgram('python3'), '/usr/bin/python3'];
  return candidates.find((path) => path !== undefined && spawnSync(path, ['-c', PYTHON_PROBE]).status === 0);
}

function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/bin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

// [] as root, sudo where it asks for no password, undefined where neither: then a person has to decide.
function privilegePrefix() {
  if (process.getuid() === 0) return [];
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined;
}

function byHand(packages) {
  const list = packages.join(' ');
  if (findProgram('apt-get') === undefined) {
    return `please install these with your system's package manager (Debian's names), then try again: ${list}`;
  }
  return (
    'some system packages are missing and this user may not install them; run this, then try again:\n\n' +
    `    sudo apt-get update && sudo apt-get install -y --no-install-recommends ${list}\n`
  );
}

function runArgv(label, [command, ...args], env) {
  return runShown(label, command, args, { env });
}
