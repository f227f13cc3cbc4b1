import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type ConnectionOptions, defaultServer, GalleyClient } from '../client/index.ts';
import { isServiceError } from '../refusal.ts';
import { RefusedCall } from './command-failure.ts';

/** What every command works with. */
export interface CommandContext {
  readonly client: GalleyClient;
  readonly json: boolean;
  /** Prints the answer on stdout: the value as one JSON document under `--json`, else the text. */
  show(value: unknown, text: () => string): void;
}

interface GlobalOptions {
  readonly server: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly json?: boolean;
}

/** Adds the options that every command takes, before or after its name. */
export function addGlobalOptions(program: Command): void {
  program
    .option('--server <host:port>', 'where the service listens', process.env.GALLEY_SERVER ?? defaultServer)
    .option('--token-file <file>', 'the access token; else the variable GALLEY_TOKEN holds it')
    .option('--ca <file>', 'PEM authority that the service certificate is checked against')
    .option('--cert <file>', 'PEM client certificate, for mutual TLS')
    .option('--key <file>', 'PEM key of the client certificate')
    .option('--json', 'print one JSON document instead of text');
}

/**
 * Runs a command over an open client and closes it after.
 *
 * @param sql the SQL the command submits, for showing violations in it
 * @throws {RefusedCall} when the service refuses
 */
export async function runCommand(
  command: Command,
  work: (context: CommandContext) => Promise<void>,
  sql = '',
): Promise<void> {
  const options: GlobalOptions = command.optsWithGlobals();
  using client = new GalleyClient(connectionOf(options));
  const json = options.json === true;
  try {
    await work({ client, json, show: (value, text) => process.stdout.write(`${json ? toJson(value) : text()}\n`) });
  } catch (error) {
    throw isServiceError(error) ? new RefusedCall(error, sql) : error;
  }
}

/** Writes a value as JSON; whole numbers of 64 bits become texts, as in the JSON form of protocol buffers. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? member.toString() : member), 2);
}

function connectionOf({ server, tokenFile, ca, cert, key }: GlobalOptions): ConnectionOptions {
  const token = tokenFile === undefined ? process.env.GALLEY_TOKEN : () => readFileSync(tokenFile, 'utf8').trim();
  return { server, token, ca, cert, key };
}
