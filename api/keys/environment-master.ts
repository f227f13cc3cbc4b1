import { type MasterKey, MasterKeyRefused, masterKeyOf } from '../vault/index.ts';

/** Base64 of 32 bytes, with or without its padding, and nothing else. */
const SPELLING = /^[A-Za-z0-9+/]{43}=?$/;

/**
 * Opens a master key that a supervisor puts into an environment variable, as base64.
 *
 * @throws {MasterKeyRefused} when the variable is not set, or is not base64 of 32 bytes; its value is never quoted
 */
export function openEnvironmentMaster(variable: string, env: NodeJS.ProcessEnv): MasterKey {
  const value = env[variable]?.trim();
  if (value === undefined || value === '') {
    throw new MasterKeyRefused(`the environment variable \`${variable}\` is not set; it must hold the master key`);
  }
  if (!SPELLING.test(value)) {
    throw new MasterKeyRefused(`the environment variable \`${variable}\` is not base64 of 32 bytes`);
  }
  return masterKeyOf(`environment:${variable}`, Buffer.from(value, 'base64'));
}
