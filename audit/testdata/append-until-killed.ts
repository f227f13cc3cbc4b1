// Run as a child process: appends without end, several at a time, and tells each acknowledged index and hash on
// standard output, until it is killed. Arguments: the log's directory.

import { writeSync } from 'node:fs';
import { signerFromSeed } from '../checkpoint/checkpoint-signer.ts';
import { openLog } from '../log/index.ts';

const [directory = ''] = process.argv.slice(2);
const origin = 'kitchen.example/log';
const log = await openLog({ directory, origin, signer: signerFromSeed(origin, Buffer.alloc(32, 7)) });

async function appendForEver(writer: number): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    const { leafIndex, leafHash } = await log.append({
      kind: 'log-read',
      at: new Date().toISOString(),
      actor: null,
      collaboration: null,
      subject: { from: writer, until: turn, kind: 'x'.repeat((turn * 97) % 3000) },
    });
    // One write a line, before the next append: what the parent has read was surely acknowledged.
    writeSync(1, `${leafIndex} ${Buffer.from(leafHash).toString('hex')}\n`);
    if (turn % 50 === 0) await log.checkpoint();
  }
}

await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(appendForEver));
