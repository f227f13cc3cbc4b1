// Writes the generated half of proto/, and of docs/entries.md: `npm run generate`. With --check it writes nothing and compares instead, so that
// nobody edits generated code by hand. With --baseline it declares the contract of today the one to stay compatible
// with.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entriesPage, entriesPageText } from './entries-page.ts';
import { root, runCommand } from './run-command.ts';

const generated = 'proto/gen';
const image = `${generated}/image.binpb`; // the descriptors that reflection serves
const baseline = 'proto/baseline.binpb';

async function main(flag: string | undefined): Promise<void> {
  if (flag !== '--check')
    writeFileSync(join(root, entriesPage), entriesPageText(readFileSync(join(root, entriesPage), 'utf8')));
  if (flag === '--baseline') return buf('build', '--exclude-source-info', '-o', baseline);
  const folder = mkdtempSync(join(tmpdir(), 'galley-proto-'));
  try {
    if (flag !== '--check') await buf('lint');
    await buf('generate', '-o', folder);
    await buf('build', '-o', join(folder, image));
    if (flag === '--check') refuseDifferences(join(folder, generated));
    else replaceGenerated(join(folder, generated));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function buf(...args: string[]): Promise<void> {
  const { code, output } = await runCommand('buf', args);
  process.stdout.write(output);
  if (code !== 0) throw new Error(`buf ${args[0]} failed`);
}

function refuseDifferences(fresh: string): void {
  const wanted = filesOf(fresh);
  const present = filesOf(join(root, generated));
  const differing = [...new Set([...wanted.keys(), ...present.keys()])].filter(
    (path) => !wanted.get(path)?.equals(present.get(path) ?? Buffer.alloc(0)),
  );
  if (differing.length === 0) return;
  throw new Error(
    `${generated} is not what proto/ generates; run npm run generate\n  ${differing.sort().join('\n  ')}`,
  );
}

function replaceGenerated(fresh: string): void {
  rmSync(join(root, generated), { recursive: true, force: true });
  cpSync(fresh, join(root, generated), { recursive: true });
  process.stdout.write(`${generated} written: ${filesOf(fresh).size} files\n`);
}

function filesOf(folder: string): Map<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
}

main(process.argv[2]).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
