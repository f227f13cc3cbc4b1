import { join } from 'node:path';
import type { MasterConfig } from '../config/index.ts';
import type { MasterKey } from '../vault/index.ts';
import { openEnvironmentMaster } from './environment-master.ts';
import { openFileMaster } from './file-master.ts';
import { openKmsMaster } from './kms-master.ts';

/**
 * Gets the master key that an operator chose; one in a file is made where `mayMake` says so, the others must be there.
 *
 * @throws {MasterKeyRefused} saying what is wrong and what to do
 */
export async function openMasterKey(
  { dataDirectory, master }: { readonly dataDirectory: string; readonly master: MasterConfig },
  mayMake: boolean,
): Promise<MasterKey> {
  switch (master.kind) {
    case 'file':
      return await openFileMaster(master.file ?? join(dataDirectory, 'keys', 'master.key'), mayMake);
    case 'environment':
      return openEnvironmentMaster(master.variable, process.env);
    case 'kms':
      return await openKmsMaster(master);
  }
}
