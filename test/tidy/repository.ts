import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root: string = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** A file of the repository: its path from the root, with forward slashes. */
export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

// What is made by tools or by a run, and never committed.
const unkept = ['node_modules', '.git', '.galley', '.cache', '.stryker-tmp', 'coverage', 'reports'];
const textEndings = /\.(ts|mjs|js|json|jsonc|md|proto|sql|yaml|yml|py|txt|html|css|csv)$|^[^.]+$|^\.[a-z]+$/;

/** Every file somebody wrote and keeps: all but what tools make, generated code included among those. */
export const files: readonly RepositoryFile[] = pathsBelow('')
  .filter((path) => !path.startsWith('proto/gen/') && textEndings.test(path.slice(path.lastIndexOf('/') + 1)))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));

/** The folders at the top of the repository, hidden ones left out. */
export const topFolders: readonly string[] = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !unkept.includes(entry.name))
  .map((entry) => entry.name);

/** Source files: TypeScript and the few plain JavaScript ones. */
export const sources: readonly RepositoryFile[] = files.filter(({ path }) => /\.(ts|mjs)$/.test(path));

/** Sources that ship: the rooms and the clients, without their tests. */
export const productSources: readonly RepositoryFile[] = sources.filter(
  ({ path }) => /^(proto|policies|sandbox|audit|api|cli|console|examples)\//.test(path) && !path.endsWith('.test.ts'),
);

/** The text of one file by its path, or undefined when there is none. */
export function textOf(path: string): string | undefined {
  return files.find((file) => file.path === path)?.text;
}

function pathsBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (unkept.includes(entry.name)) return [];
    if (entry.isDirectory()) return pathsBelow(path);
    return entry.isFile() ? [path] : [];
  });
}
