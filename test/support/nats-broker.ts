import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';

/** Longest time until it listens, on a machine that is busy. */
const START_MS = 30_000;
const POLL_MS = 50;

/** Who may sign in at a broker: the public halves of nkeys. */
export interface BrokerUsers {
  readonly users: readonly string[];
  /** PEM files for TLS. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/** The stock NATS server as a process of its own, with JetStream, on one port over all its lives. */
export class NatsBroker implements AsyncDisposable {
  readonly #directory: string;
  readonly port: number;
  #who: BrokerUsers;
  #child: ChildProcess | undefined;

  private constructor(directory: string, port: number, who: BrokerUsers) {
    this.#directory = directory;
    this.port = port;
    this.#who = who;
  }

  /** Starts a broker. */
  static async open(who: BrokerUsers): Promise<NatsBroker> {
    const directory = mkdtempSync(join(tmpdir(), 'galley-nats-'));
    const broker = new NatsBroker(directory, await freePort(), who);
    broker.#configure();
    await broker.start();
    return broker;
  }

  /** Lets one more sign in: it dies, and starts again on what it has stored. */
  async allow(user: string): Promise<void> {
    this.#who = { ...this.#who, users: [...this.#who.users, user] };
    this.#configure();
    await this.kill();
    await this.start();
  }

  #configure(): void {
    const { users, tls } = this.#who;
    const authorization = `authorization { users = [ ${users.map((nkey) => `{ nkey: ${nkey} }`).join(', ')} ] }`;
    const secured = tls === undefined ? '' : `tls { cert_file: "${tls.certFile}", key_file: "${tls.keyFile}" }`;
    const lines = [`listen: "127.0.0.1:${this.port}"`, `jetstream { store_dir: "${this.#directory}/store" }`];
    writeFileSync(join(this.#directory, 'broker.conf'), [...lines, authorization, secured].join('\n'));
  }

  /** Starts it again on what it has stored. */
  async start(): Promise<void> {
    const child = spawn(
      'nats-server',
      ['-c', join(this.#directory, 'broker.conf'), '-l', join(this.#directory, 'log')],
      {
        stdio: 'ignore',
        // Where Debian has it, which is not on everybody's path.
        env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
      },
    );
    const reap = (): void => void child.kill('SIGKILL');
    process.prependListener('exit', reap);
    child.once('exit', () => process.off('exit', reap));
    this.#child = child;
    const deadline = Date.now() + START_MS;
    while (!(await isListening(this.port))) {
      if (Date.now() > deadline) throw new Error('the broker does not listen');
      await sleep(POLL_MS);
    }
  }

  /** Makes a stream of a subject, signed in as somebody. */
  async addStream(name: string, subject: string, seed: Uint8Array): Promise<void> {
    const connection = await connect({ servers: `127.0.0.1:${this.port}`, authenticator: nkeyAuthenticator(seed) });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name, subjects: [subject] });
    await connection.close();
  }

  /** How many messages a stream has. */
  async messageCount(name: string, seed: Uint8Array): Promise<number> {
    const connection = await connect({ servers: `127.0.0.1:${this.port}`, authenticator: nkeyAuthenticator(seed) });
    const { state } = await (await jetstreamManager(connection)).streams.info(name);
    await connection.close();
    return state.messages;
  }

  /** Kills it. */
  async kill(): Promise<void> {
    if (this.#child?.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** Kills it and removes what it has stored. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function isListening(port: number): Promise<boolean> {
  const { connect: dial } = await import('node:net');
  const socket = dial(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
