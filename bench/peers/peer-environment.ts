// A virtual environment for each peer, outside of the repository and of the system's Python: their packages exclude one
// another, and nothing that Galley runs needs any of them.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptFile } from '../cache-folder.ts';
import type { Peer } from './peers.ts';

/** An installation that is cut off has no such file, and is made anew. */
const FINISHED = 'finished';
const PIP_OPTIONS = ['--disable-pip-version-check', '--no-input', '-q'];

/** The Python of a peer's environment, or why there is none. */
export type PeerEnvironment = { readonly python: string } | { readonly why: string };

/** Makes the environment of a peer, unless it was made of the same list of packages. */
export function peerEnvironment({ script, sourcesVariable }: Peer): PeerEnvironment {
  const sources = sourcesVariable === null ? null : (process.env[sourcesVariable] ?? null);
  if (sourcesVariable !== null && sources === null) {
    return { why: `it is in no package registry; name the folder of its sources in ${sourcesVariable}` };
  }
  const requirements = fileURLToPath(new URL(`requirements/${script}.txt`, import.meta.url));
  const { path } = keptFile(`venv-${script.replaceAll('_', '-')}`, 'venv', [readFileSync(requirements, 'utf8')]);
  const python = join(path, 'bin/python');
  if (existsSync(join(path, FINISHED))) return { python };
  rmSync(path, { recursive: true, force: true });
  try {
    process.stderr.write(`installing the packages of ${script}\n`);
    run('python3', ['-m', 'venv', path]);
    run(python, ['-m', 'pip', 'install', ...PIP_OPTIONS, '--no-deps', '-r', requirements]);
    if (sources !== null) run(python, ['-m', 'pip', 'install', ...PIP_OPTIONS, '--no-deps', sources]);
  } catch {
    return { why: 'its packages could not be installed here; what pip said stands above' };
  }
  writeFileSync(join(path, FINISHED), '');
  return { python };
}

function run(program: string, args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
