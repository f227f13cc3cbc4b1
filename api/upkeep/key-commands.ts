import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type Config, parseKeys } from '../config/index.ts';
import {
  assertHasKeys,
  KeysRefused,
  nextRoot,
  nextVersion,
  openDataKeys,
  openMasterKey,
  readKeyStatus,
  rotateDatasetKey,
  rotateRootKey,
} from '../keys/index.ts';
import { type Cellar, openCellar } from '../kitchen/index.ts';
import { openStore, type Store } from '../store/index.ts';
import type { Keyring } from '../vault/index.ts';
import { type CheckProgress, checkData } from './check-data.ts';
import { renderFaults, renderStatus, sizeText } from './render-keys.ts';
import { rotateLogKey, rotateReceiptKey } from './rotate-log-keys.ts';

/** Least time between two lines of progress. */
const PROGRESS_MS = 2_000;

/** How the server's program reads its configuration. */
export interface ServerProgram<Options> {
  /** Adds the options that name a data directory. */
  readonly withData: (command: Command) => Command;
  readonly configOf: (options: Options) => Promise<Config>;
}

/**
 * Adds `keys`: what there is, whether it is sound, and rotations.
 *
 * Rotations want the data directory for themselves: they write into the log, which has one writer, and the service keeps
 * opened keys in memory. They take a moment, as no data is written again.
 */
export function addKeyCommands<Options extends { json?: boolean }>(
  program: Command,
  server: ServerProgram<Options>,
): void {
  const keys = program.command('keys').description('the keys of a data directory: status, check, rotation');
  const add = (name: string, description: string): Command =>
    server.withData(keys.command(name).description(description));
  add('status', 'show the master key in use, the root key, and the key of each dataset')
    .option('--json', 'as JSON')
    .action(async (options: Options) => await reading(await server.configOf(options), (at) => status(at, options)));
  add('check', 'read everything that is sealed, and name what is broken')
    .option('--json', 'as JSON')
    .action(async (options: Options) => await reading(await server.configOf(options), (at) => check(at, options)));
  add('rotate-master', 'wrap the root key with another master key; stop the service first')
    .requiredOption('--to <master>', '`file:<path>`, `environment:<variable>` or `kms:<key id>`')
    .option('--region <name>', 'for kms: the region of the key')
    .option('--endpoint <address>', 'for kms: another address than the one of AWS')
    .action(async (options: Options & MasterOptions) => await rotateMaster(await server.configOf(options), options));
  add('rotate-root', 'put a new root key in place of the old one; stop the service first').action(
    async (options: Options) => await rotateRoot(await server.configOf(options)),
  );
  add('rotate-dataset', 'give a dataset a new key; stop the service first')
    .argument('<dataset>', 'its id, or `vault` for files of no dataset')
    .action(async (dataset: string, options: Options) => await rotateDataset(await server.configOf(options), dataset));
  add('rotate-log', 'hand the log over to a new key, which the old one vouches for; stop the service first').action(
    async (options: Options) => await rotateLog(await server.configOf(options)),
  );
  add('rotate-receipts', 'give receipts a new key; stop the service first')
    .option('--compromised', 'say in the log that somebody else may have the old one')
    .action(
      async (options: Options & { compromised?: true }) =>
        await rotateReceipts(await server.configOf(options), options.compromised === true),
    );
}

interface Reading {
  readonly dataDirectory: string;
  readonly keyring: Keyring;
  readonly store: Store;
}

/** Opens keys and store beside a running service, to look only. */
async function reading(config: Config, work: (at: Reading) => Promise<void>): Promise<void> {
  const { dataDirectory } = config;
  await assertHasKeys(dataDirectory);
  const store = await openStore(dataDirectory);
  try {
    await work({ dataDirectory, store, keyring: await openDataKeys(config, store) });
  } finally {
    await store.close();
  }
}

async function status(at: Reading, { json }: { json?: boolean }): Promise<void> {
  const found = await readKeyStatus(at);
  process.stdout.write(json ? `${JSON.stringify(found)}\n` : renderStatus(found));
}

async function check(at: Reading, { json }: { json?: boolean }): Promise<void> {
  let toldAtMs = Date.now();
  const onProgress = ({ fileCount, byteCount }: CheckProgress): void => {
    if (Date.now() - toldAtMs < PROGRESS_MS) return;
    toldAtMs = Date.now();
    process.stderr.write(`checked ${fileCount} files, ${sizeText(byteCount)}\n`);
  };
  const found = await checkData(at, onProgress);
  process.stdout.write(json ? `${JSON.stringify(found)}\n` : renderFaults(found));
  if (found.faults.length > 0) process.exitCode = 1;
}

interface MasterOptions {
  readonly to: string;
  readonly region?: string;
  readonly endpoint?: string;
}

/** Opens a data directory for itself alone, and lets it go whatever happens. */
async function alone(config: Config, work: (cellar: Cellar) => Promise<void>): Promise<void> {
  await assertHasKeys(config.dataDirectory);
  const cellar = await openCellar(config);
  try {
    await work(cellar);
  } finally {
    await cellar.close();
  }
}

async function rotateMaster(config: Config, options: MasterOptions): Promise<void> {
  const master = masterOf(options);
  const { dataDirectory } = config;
  await alone(config, async (cellar) => {
    const from = cellar.keyring.master;
    const to = await openMasterKey({ dataDirectory, master }, true);
    await note(cellar, { key: 'master', from: from.name, to: to.name });
    await cellar.keyring.changeMaster(to);
    tell(
      `the root key is wrapped with \`${to.name}\` now; put it into the configuration before the next start:`,
      `  "keys": ${JSON.stringify({ master })}`,
      `\`${from.name}\` opens copies made before; destroy it when they are gone`,
    );
  });
}

function masterOf({ to, region, endpoint }: MasterOptions) {
  const [, kind, name] = /^(file|environment|kms):(.+)$/.exec(to) ?? [];
  if (kind === undefined || name === undefined) {
    throw new KeysRefused('`--to` must be `file:<path>`, `environment:<variable>` or `kms:<key id>`');
  }
  const fields = {
    file: { file: resolve(name) },
    environment: { variable: name },
    kms: { keyId: name, region, endpoint },
  };
  return parseKeys({ master: { kind, ...fields[kind as keyof typeof fields] } }).master;
}

async function rotateRoot(config: Config): Promise<void> {
  await alone(config, async (cellar) => {
    const { from, to } = nextRoot(cellar.keyring);
    await note(cellar, { key: 'root', from, to });
    await rotateRootKey(cellar.keyring);
    tell(`root key ${to} is in use; all keys are wrapped under it, and root key ${from} is gone`);
  });
}

async function rotateDataset(config: Config, dataset: string): Promise<void> {
  const { dataDirectory } = config;
  await alone(config, async (cellar) => {
    const { from, to } = await nextVersion(cellar.keyring, dataset);
    await note(cellar, { key: 'dataset', dataset, from, to });
    const { version, fileCount, brokenFiles } = await rotateDatasetKey({ ...cellar, dataDirectory }, dataset);
    tell(`key ${version} of \`${dataset}\` is in use; ${fileCount} headers were written, and no data`);
    if (brokenFiles.length === 0) return;
    const list = brokenFiles.map((file) => `  ${file}`);
    tell('older keys are kept, as these files could not be opened; restore or remove them, and rotate again:', ...list);
    process.exitCode = 1;
  });
}

async function rotateLog(config: Config): Promise<void> {
  const { verifierKey, treeSize } = await rotateLogKey(config);
  tell(
    'the log has a new key; publish it where the old one is known:',
    `  ${verifierKey}`,
    `both keys have signed the tree of ${treeSize} entries, so that whoever knows the old one can follow; the old private key is gone`,
  );
}

async function rotateReceipts(config: Config, isCompromised: boolean): Promise<void> {
  const { kid, leafIndex } = await rotateReceiptKey(config, { isCompromised });
  tell(
    `receipts are signed with key \`${kid}\` now, announced by entry ${leafIndex}`,
    isCompromised
      ? 'the old key is given up: receipts of earlier entries hold, as the log dates them, and of later ones are refused'
      : 'receipts that the old key signed hold',
  );
}

/** Said before it is done: a rotation that the log could not take does not happen. */
async function note(cellar: Cellar, subject: Readonly<Record<string, string | number>>): Promise<void> {
  const at = new Date().toISOString();
  await cellar.log.append({ kind: 'key-rotated', at, actor: null, collaboration: null, subject });
}

function tell(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
