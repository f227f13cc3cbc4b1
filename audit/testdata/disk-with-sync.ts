import { type DiskFile, type LogDisk, localDisk } from '../disk/index.ts';

/** The disk of this machine, but for how a file is made durable: what the given act does not sync is not durable. */
export function diskWithSync(sync: (file: DiskFile, path: string) => Promise<void>): LogDisk {
  return {
    ...localDisk,
    open: async (path) => {
      const file = await localDisk.open(path);
      return {
        read: (offset, length) => file.read(offset, length),
        write: (offset, bytes) => file.write(offset, bytes),
        truncate: (length) => file.truncate(length),
        size: () => file.size(),
        sync: () => sync(file, path),
        close: () => file.close(),
      };
    },
  };
}
