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
    if (isOptional && findFolder(name) === null) return;
    const { manifest, ...installed } = readPackage(name);
    found.set(name, installed);
    for (const dependency of Object.keys(manifest.dependencies ?? {})) visit(dependency, false);
    for (const dependency of Object.keys(manifest.optionalDependencies ?? {})) visit(dependency, true);
  };
  for (const name of names) visit(name, false);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Finds one package as installed.
 *
 * @throws {Error} when it is not
 */
export function findPackage(name: string): InstalledPackage & { main: string } {
  const { manifest, ...installed } = readPackage(name);
  return { ...installed, main: path.join(installed.folder, manifest.main ?? 'index.js') };
}

function readPackage(name: string): InstalledPackage & { manifest: Manifest } {
  const folder = findFolder(name);
  if (folder === null) throw new Error(`the package \`${name}\` is not installed: run \`npm ci\``);
  const manifest = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')) as Manifest;
  return { name, version: manifest.version, folder, manifest };
}

interface Manifest {
  version: string;
  main?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

function findFolder(name: string): string | null {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name);
    if (fs.existsSync(path.join(candidate, 'package.json'))) return candidate;
    if (folder === path.dirname(folder)) return null;
  }
}
