// The one way in: `node tools/run.mjs <task> [arguments]`, called by every npm script. It prepares the machine and
// then runs the task under the pinned Node 24. Plain JavaScript without packages, because it runs before there are any
// and on whatever Node the system has.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError, say } from './announce.mjs';
import { ensurePackages, pinnedNode } from './ensure-packages.mjs';
import { ensurePeers, peersFolder } from './ensure-peers.mjs';
import { ensureSystem } from './ensure-system.mjs';

const OLDEST_NODE_MAJOR = 20; // the oldest Node that installs the packages; it never runs Galley itself
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

// `wall`: runs protected jobs, so bubblewrap must be there. `peers`: also talks to programs that we did not write.
const tasks = {
  demo: { program: 'cli/demo/main.ts', needs: ['wall'] },
  start: { program: 'api/main.ts', needs: ['wall'], before: ['start'] },
  bench: { program: 'bench/run.ts', needs: ['wall'] },
  galley: { program: 'cli/main.ts', needs: [] },
  test: { program: 'tools/run-tests.ts', needs: ['wall', 'peers'] },
  // Only what the tests need of the machine, without a package of ours: to be had while something else is done.
  'prepare:tests': { needs: ['wall', 'peers'] },
  check: { program: 'tools/check.ts', needs: ['wall', 'peers'] },
  'check:static': { program: 'tools/check.ts', needs: [], before: ['--no-tests'] },
  mutate: { program: 'tools/mutate.ts', needs: [] },
  'example:nivea': { program: 'examples/nivea/main.ts', needs: ['wall'] },
  'verify:activation': { program: 'tools/verify-activation.ts', needs: ['wall', 'peers'] },
  'verify:privacy': { program: 'tools/verify-privacy.ts', needs: ['wall'] },
  'verify:ingest': { program: 'tools/verify-ingest.ts', needs: ['wall'] },
  'verify:log': { program: 'tools/verify-log.ts', needs: ['wall', 'peers'] },
  'verify:wall': { program: 'tools/verify-wall.ts', needs: ['wall'] },
  generate: { program: 'tools/generate.ts', needs: [] },
  'proto:baseline': { program: 'tools/generate.ts', needs: [], before: ['--baseline'] },
  format: { program: 'node_modules/@biomejs/biome/bin/biome', needs: [], before: ['check', '--write', '.'] },
};

async function main([name, ...args]) {
  const task = Object.hasOwn(tasks, name ?? '') ? tasks[name] : undefined;
  if (task === undefined) {
    throw new SetupError(`unknown task; say one of: ${Object.keys(tasks).join(', ')}`);
  }
  refuseOtherMachines();
  if (task.program !== undefined) await ensurePackages(root);
  // Whoever asks for the development wall cannot have the real one's programs.
  const needsWall = task.needs.includes('wall') && !args.includes('--development-wall');
  if (needsWall) await ensureSystem({ withPeers: task.needs.includes('peers') });
  if (task.needs.includes('peers')) await ensurePeers(root);
  if (task.program !== undefined) hand(task, args);
}

function refuseOtherMachines() {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE_MAJOR) {
    throw new SetupError(
      `Node ${OLDEST_NODE_MAJOR} or later is needed to install; this is Node ${process.versions.node}`,
    );
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    const here = `${process.platform} on ${process.arch}`;
    throw new SetupError(
      `Galley runs on Linux on x86-64 only, for now; this is ${here} (its wall is made of that system)`,
    );
  }
}

// The task takes over: it has our input, output and arguments, gets our signals, and its end is our end.
function hand(task, args) {
  const child = spawn(pinnedNode(root), [join(root, task.program), ...(task.before ?? []), ...args], {
    stdio: 'inherit',
    env: {
      // What Node makes of our TypeScript is kept beside the packages: half of what a command costs, and of a start.
      NODE_COMPILE_CACHE: join(root, '.cache/compiled'),
      ...process.env,
      PATH: [join(root, 'node_modules/.bin'), process.env.PATH ?? ''].join(delimiter),
      GALLEY_PEERS_PYTHON: join(peersFolder(root), 'bin/python'),
    },
  });
  // A terminal sends its interrupt to the whole group; passing it on as well would say it twice, and twice means "now".
  const signals = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT'];
  const forward = (signal) => child.kill(signal);
  const ignore = () => {};
  for (const signal of signals) process.on(signal, forward);
  if (process.stdin.isTTY) process.on('SIGINT', ignore);
  child.on('error', (error) => fail(new SetupError(`cannot start the pinned Node (${error.code ?? error.message})`)));
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
  });
}

function fail(error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exit(1);
}

main(process.argv.slice(2)).catch(fail);
