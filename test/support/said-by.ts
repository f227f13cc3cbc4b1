import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildProgram } from '../../cli/commands/index.ts';
import type { Actor } from './service-rules.ts';
import type { ServiceStage } from './service-stage.ts';

/**
 * What a command says on stdout, run within this process: a process of its own for each takes seconds.
 *
 * @throws whatever the command fails with, before it is put into words
 */
export async function saidBy(stage: ServiceStage, actor: Actor, args: readonly string[]): Promise<string> {
  const tokenFile = join(stage.directory, `${actor}.token`);
  writeFileSync(tokenFile, await stage.token(actor), { mode: 0o600 });
  const said: string[] = [];
  const { write } = process.stdout;
  process.stdout.write = (part: string | Uint8Array) => said.push(String(part)) > 0;
  try {
    const where = ['--server', stage.service.address(), '--token-file', tokenFile];
    await buildProgram().parseAsync([...where, ...args], { from: 'user' });
  } finally {
    process.stdout.write = write;
  }
  return said.join('');
}
