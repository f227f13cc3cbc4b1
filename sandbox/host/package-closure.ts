import * as fs from 'node:fs';
import * as path from 'node:path';

/** An installed npm package. */
export interface InstalledPackage {
  name: string;
  version: string;
  folder: string;
}

/**
 * Finds packages and everything they depend on, as installed.
 *
 * Shape: sorted by name; an optional dependency that is not installed (another platform's binary) is left out, and
 * so are type packages.
 *
 * @throws {Error} when a package itself is not installed
 */
export function packageClosure(names: readonly string[]): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>();
  const visit = (name: string, isOptional: boolean): void => {
    if (found.has(name) || name.startsWith('@types/')) return;
    const folder = findPackage(name);
    if (folder === null) {
      if (isOptional) return;
      throw new Error(`the package \`${name}\` is not installed: run \`npm ci\``);
    }
    const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
    found.set(name, { name, version: manifest.version, folder });
    for (const dependency of Object.keys(manifest.dependencies ?? {})) visit(dependency, false);
    for (const dependency of Object.keys(manifest.optionalDependencies ?? {})) visit(dependency, true);
  };
  for (const name of names) visit(name, false);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface Manifest {
  version: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

function findPackage(name: string): string | null {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name);
    if (fs.existsSync(path.join(candidate, 'package.json'))) return candidate;
    if (folder === path.dirname(folder)) return null;
  }
}
