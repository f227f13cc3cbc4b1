// The digest of a folder of sources is one that stock tools compute too: see docs/auditor.md.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/**
 * Names the sources below a folder by one digest, so that two machines can tell whether they decide by the same rules.
 *
 * Shape: SHA-256, hex, of what `sha256sum` prints for all `.ts` files of the folder in the order of their bytes, by
 * their paths in it; tests (`.test.ts`) and what lies in a folder `testdata` decide nothing and are left out.
 */
export async function digestOfSources(directory: string): Promise<string> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = found
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !/(^|\/)testdata\//.test(path));
  const whole = createHash('sha256');
  for (const path of paths.toSorted(byBytes)) {
    // One after the other and small: to hand each to another thread and back would cost four times the reading.
    const digest = createHash('sha256')
      .update(readFileSync(join(directory, path)))
      .digest('hex');
    whole.update(`${digest}  ${path}\n`);
  }
  return whole.digest('hex');
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
