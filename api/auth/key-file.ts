import { readFile, stat } from 'node:fs/promises';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

type Loaded = { readonly version: string; readonly find: JWTVerifyGetKey };

/**
 * Finds keys in a JWKS file and reads it again whenever it has changed.
 *
 * The file is looked at for every token (about 20 microseconds) rather than when a key is unknown: a key that was
 * removed because it leaked must stop working with the next call, not with the next restart.
 *
 * @throws whatever the file system or the parser says when the file cannot be used; the last good keys are not kept
 */
export function openKeyFile(path: string): JWTVerifyGetKey {
  let loaded: Loaded | undefined;
  return async (header, token) => {
    const { mtimeNs, ino, size } = await stat(path, { bigint: true });
    const version = `${mtimeNs}.${ino}.${size}`;
    if (loaded?.version !== version) {
      const keySet = JSON.parse(await readFile(path, 'utf8')) as JSONWebKeySet;
      loaded = { version, find: createLocalJWKSet(keySet) };
    }
    return await loaded.find(header, token);
  };
}
