import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceStage } from '../../support/service-stage.ts';

const PRIVATE_MODE = 0o700;

/**
 * A service whose data directory is a small file system of its own, in the memory of a mount namespace: it can be full
 * without anybody else's disk being so. Only its keys lie on the real disk, as tokens are signed with them.
 *
 * Root is without its right to pass over the modes of files here, so that a folder can be closed to it too.
 */
export class SmallDisk implements AsyncDisposable {
  readonly stage = new ServiceStage();

  /** Starts the service on an empty disk of a size. */
  static async open(bytes: number, limits: Readonly<Record<string, number>>): Promise<SmallDisk> {
    const disk = new SmallDisk();
    const { dataDirectory } = disk.stage;
    const keys = join(dataDirectory, 'keys');
    mkdirSync(keys, { recursive: true, mode: PRIVATE_MODE });
    const isRoot = process.getuid?.() === 0;
    try {
      await disk.stage.start({ limits }, [
        ...['bwrap', '--die-with-parent', '--dev-bind', '/', '/', '--perms', '0700', '--size', String(bytes)],
        ...['--tmpfs', dataDirectory, '--bind', keys, keys],
        ...(isRoot ? ['setpriv', '--inh-caps=-dac_override', '--bounding-set=-dac_override', '--'] : []),
      ]);
      return disk;
    } catch (cause) {
      await disk[Symbol.asyncDispose]();
      throw cause;
    }
  }

  /** The data directory as the service sees it. */
  get directory(): string {
    const { pid } = this.stage.service;
    const [inside = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return join(`/proc/${inside}/root`, this.stage.dataDirectory);
  }

  /** Fills the disk but for some bytes. */
  fill(leftBytes: number): void {
    let isDone = false;
    while (!isDone) {
      this.makeRoom();
      const { bavail, bsize } = statfsSync(this.directory);
      isDone = this.#tryToWrite(Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)));
    }
  }

  // The service, which goes on, may have taken room since it was measured: then it is measured again.
  #tryToWrite(ballast: Buffer): boolean {
    try {
      writeFileSync(this.#ballast, ballast);
      return true;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') return false;
      throw cause;
    }
  }

  /** Makes room again. */
  makeRoom(): void {
    rmSync(this.#ballast, { force: true });
  }

  /** Lets nobody write into a folder of the data directory, or lets them again. */
  setWritable(folder: string, isWritable: boolean): void {
    mkdirSync(join(this.directory, folder), { recursive: true, mode: PRIVATE_MODE });
    chmodSync(join(this.directory, folder), isWritable ? PRIVATE_MODE : 0o500);
  }

  /** Kills the service and starts it again on a copy of its disk as it stood, on a disk with room. */
  async restartWithRoom(): Promise<void> {
    const { directory, stage } = this;
    const names = readdirSync(directory).filter((name) => !['keys', 'ballast'].includes(name));
    await Promise.all(
      names.map((name) => cp(join(directory, name), join(stage.dataDirectory, name), { recursive: true })),
    );
    await stage.end('SIGKILL');
    await stage.start();
  }

  get #ballast(): string {
    return join(this.directory, 'ballast');
  }

  /** Ends the service, and the disk with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
  }
}
