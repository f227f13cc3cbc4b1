// The only file that opens the engine. Its own lockdown is worth having and is not the boundary: the wall around
// this process is.
import { type DuckDBConnection, DuckDBInstance } from 'duckdb';

import { expectInside } from '../inside.ts';

expectInside();

/** Two threads: one keeps a core busy, the second hides the loading; more would let one query starve the machine. */
const THREADS_COUNT = 2;

const BYTES_PER_MIB = 1_048_576;

const instances = new WeakMap<DuckDBConnection, DuckDBInstance>();

/** Opens an empty engine in memory that loads no extension and spills to no file. */
export async function openEngine(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(THREADS_COUNT),
    memory_limit: `${engineMemoryMib()}MiB`,
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_unsigned_extensions: 'false',
    allow_persistent_secrets: 'false',
    secret_directory: '/nonexistent',
    enable_external_file_cache: 'false',
  });
  const connection = await instance.connect();
  instances.set(connection, instance);
  return connection;
}

/** Gives one more connection to the same engine: what one waits for does not hold up the other. */
export async function connectAgain(connection: DuckDBConnection): Promise<DuckDBConnection> {
  const instance = instances.get(connection);
  if (instance === undefined) throw new Error('the engine was not opened here');
  return await instance.connect();
}

/** Takes away what only set-up needed; after this no setting but the number of threads can be changed and no file named. */
export async function lockEngine(connection: DuckDBConnection): Promise<void> {
  // This rewrite of `arg_min`-like windows gave wrong answers: a wrong contribution bound would be a silent privacy
  // loss.
  await connection.run("SET disabled_optimizers = 'top_n_window_elimination'");
  await connection.run('SET enable_external_access = false');
  // Without this one, files the engine itself opened stay readable and writable by SQL.
  await connection.run("SET disabled_filesystems = 'LocalFileSystem'");
  // How many of its threads work is known with the job, and is no way out: the kernel bounds what they get.
  await connection.run("SET allowed_configs = ['threads']");
  await connection.run('SET lock_configuration = true');
}

/**
 * Leaves each statement to the thread that asks for it: two at once keep both cores busy already, and a third thread in
 * between costs a sixth of the work.
 */
export async function computeWithAskersAlone(connection: DuckDBConnection): Promise<void> {
  await connection.run('SET threads = 1');
}

// The host sets V8's limit to the engine's budget, so the worker needs no second channel to learn it.
function engineMemoryMib(): number {
  const flag = process.execArgv.find((argument) => argument.startsWith('--max-old-space-size='));
  const memoryMib = Number(flag?.split('=')[1]);
  if (!Number.isSafeInteger(memoryMib) || memoryMib * BYTES_PER_MIB <= 0)
    throw new Error('the worker has no memory budget');
  return memoryMib;
}
