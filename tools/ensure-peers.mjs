// The tests let programs that we did not write talk to Galley: grpcio with reflection, pyarrow, and a key service.
// They live in a virtual environment under .cache/peers, so that nothing is installed into the system's Python.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runShown, SetupError } from './announce.mjs';
import { findPython } from './ensure-system.mjs';

/** The folder of the virtual environment; its Python is `bin/python`. */
export function peersFolder(root) {
  return join(root, '.cache/peers');
}

/**
 * Makes the virtual environment, unless it was made from this very list of requirements.
 *
 * @throws {SetupError} when there is no Python, or a package cannot be had
 */
export async function ensurePeers(root) {
  const folder = peersFolder(root);
  const requirements = join(root, 'tools/peers-requirements.txt');
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const stamp = join(folder, 'requirements.sha256');
  const interpreter = join(folder, 'bin/python');
  // The stamp is written last: an environment that was cut off has none. The interpreter is a link that can break.
  if (existsSync(stamp) && existsSync(interpreter) && readFileSync(stamp, 'utf8') === digest) return;
  const python = findPython();
  if (python === undefined) throw new SetupError('no Python 3.10 or later with the venv module was found');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await runShown('making a Python environment for the test peers', python, ['-m', 'venv', folder]);
  const quiet = ['--disable-pip-version-check', '--no-input', '-q'];
  const exact = ['--only-binary=:all:', '--no-deps', '-r', requirements];
  const label = 'installing the test peers (grpcio, protobuf, pyarrow, phonenumbers, moto)';
  await runShown(label, interpreter, ['-m', 'pip', 'install', ...quiet, ...exact]);
  writeFileSync(stamp, digest);
}
