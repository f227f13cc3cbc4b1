import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { UsageFault } from './command-failure.ts';

interface WitnessOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly state: string;
  readonly name: string;
  readonly log: readonly string[];
}

/** Adds `witness`: a program that cosigns the checkpoints of logs, run by somebody else than their operators. */
export function addWitnessCommand(program: Command): void {
  program
    .command('witness')
    .description("cosign checkpoints of logs that go on from what was cosigned before; for somebody else's machine")
    .requiredOption('--state <directory>', 'where its key and its memory are; made when missing')
    .requiredOption('--name <name>', 'its name in its cosignatures, like `auditor.example/w1`; for ever')
    .requiredOption('--log <key>', "a log's public key, or a file that holds it; may be given again", collect, [])
    .option('--listen <host:port>', 'where to listen', parseAddress, { host: '127.0.0.1', port: 7_444 })
    .addHelpText(
      'after',
      '\nfor example: galley witness --state witness --name auditor.example/w1 --log log.pub\n' +
        'a log that changes its key is watched under both: `--log old.pub --log new.pub`',
    )
    .action(async (options: WitnessOptions) => run(options));
}

async function run({ listen, state, name, log }: WitnessOptions): Promise<void> {
  const { startWitness } = await import('../auditor/witness-server.ts');
  const running = await startWitness({
    ...listen,
    directory: state,
    name,
    logs: watchedLogs(log),
    onAnswer: ({ status, evidence }) => {
      if (evidence !== undefined) process.stderr.write(`a log contradicts itself (${status}); kept \`${evidence}\`\n`);
    },
  });
  const { port, verifierKey } = running;
  process.stdout.write(`${JSON.stringify({ listening: `${listen.host}:${port}`, verifierKey })}\n`);
  const stop = () => void running.stop().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

/** Logs by their origin, which is the name of their keys. */
function watchedLogs(keys: readonly string[]) {
  const logs = new Map<string, string[]>();
  for (const given of keys) {
    // `ORIGIN=KEY` is taken too: the origin is the name in the key, and must be the same.
    const [, origin, key = given] = /^([^=+]+)=([^=]+\+.+)$/s.exec(given) ?? [];
    const verifierKey = key.includes('+') ? key : readFileSync(key, 'utf8').trim();
    const name = verifierKey.split('+')[0] ?? '';
    if (origin !== undefined && origin !== name) {
      throw new UsageFault(`\`${origin}\` is not the name in the key, which is \`${name}\``);
    }
    logs.set(name, [...(logs.get(name) ?? []), verifierKey]);
  }
  return [...logs].map(([origin, verifierKeys]) => ({ origin, verifierKeys }));
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function parseAddress(value: string): WitnessOptions['listen'] {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(value) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535) {
    throw new InvalidArgumentError('it must read `host:port`, for example `127.0.0.1:7444`');
  }
  return { host, port: Number(port) };
}
