import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { audiences } from '../../proto/index.ts';
import { registerDestination } from './service-destinations.ts';
import { ServiceProcess } from './service-process.ts';
import { type Actor, destinationId } from './service-rules.ts';
import type { ServiceStage } from './service-stage.ts';

const engineMain = new URL('../../examples/strategy-engine/main.ts', import.meta.url);
const WAIT_MS = 45_000; // retries wait one second, then two, then four; a worker alone takes ten on a busy machine
const POLL_MS = 50;

/** What the shop shows to the members of an audience of this name. */
export const audienceName = 'womens-visitors';

/** The reference strategy engine as a process of its own, on one port over all its lives. */
export class StageEngine implements AsyncDisposable {
  readonly #directory: string;
  readonly #keyPath: string;
  readonly address: string;
  #running: ServiceProcess;

  private constructor(directory: string, running: ServiceProcess) {
    this.#directory = directory;
    this.#keyPath = join(directory, 'token-key');
    this.#running = running;
    this.address = running.address();
  }

  /** Starts an engine on a stage. */
  static async open(stage: ServiceStage): Promise<StageEngine> {
    const scene = { default: 'everybody', audiences: [{ audience: audienceName, content: 'members' }] };
    writeFileSync(join(stage.directory, 'content.json'), JSON.stringify({ scenes: { [destinationId]: scene } }));
    return new StageEngine(stage.directory, await launch(stage.directory, '127.0.0.1:0'));
  }

  /** Registers it as the platform's destination in a collaboration, with the brand's approval. */
  async register(stage: ServiceStage, collaborationId: string): Promise<void> {
    const terms = { address: this.address };
    const { tokenKey } = await registerDestination(stage, { collaborationId, destinationId, terms });
    writeFileSync(this.#keyPath, Buffer.from(tokenKey).toString('hex'), { mode: 0o600 });
  }

  /** Ends it with a signal. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#running.end(signal);
  }

  /** Starts it again on what it has stored. */
  async restart(): Promise<void> {
    this.#running = await launch(this.#directory, this.address);
  }

  /** What the shop shows to somebody. */
  async shownTo(email: string): Promise<string> {
    const body = JSON.stringify({ scene: destinationId, email });
    const response = await fetch(`${this.#running.address('http')}/decide`, { method: 'POST', body });
    return ((await response.json()) as { content: string }).content;
  }

  /** Its records, each with the number of its members. */
  records(): readonly { receipt: string; kind: string; version: number; members: number }[] {
    using database = new DatabaseSync(join(this.#directory, 'engine', 'audiences.sqlite'), { readOnly: true });
    // Of a token that several layers name, the newest decides.
    const members = `(select count(*) from (select is_present, max(version) from layer join member using (layer_id)
       where layer.audience_id = a.audience_id and layer.state = 'shown' group by token) where is_present = 1)`;
    const kind = `case state when 'shown' then 'publication' else 'withdrawal' end`;
    const rows = database
      .prepare(`select receipt, ${kind} as kind, version, ${members} as members from audience a`)
      .all();
    return rows as unknown as ReturnType<StageEngine['records']>;
  }

  /** The tokens of an audience that was published once, in order. */
  tokensOf(audienceId: string): readonly string[] {
    using database = new DatabaseSync(join(this.#directory, 'engine', 'audiences.sqlite'), { readOnly: true });
    const tokens = `select hex(token) as token from layer join member using (layer_id)
      where audience_id = ? and state = 'shown' and is_present = 1 order by token`;
    return database
      .prepare(tokens)
      .all(audienceId)
      .map((row) => String(row.token));
  }

  /** All it has written to its log. */
  log(): string {
    return readFileSync(join(this.#directory, 'engine.log'), 'utf8');
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}

async function launch(directory: string, listen: string): Promise<ServiceProcess> {
  const paths = ['--data', join(directory, 'engine'), '--token-key', join(directory, 'token-key')];
  const args = [...paths, '--content', join(directory, 'content.json'), '--listen', listen];
  return await ServiceProcess.start(engineMain, args, join(directory, 'engine.log'));
}

/** Waits until an audience's newest activation is in a state, and answers it. */
export async function awaitActivation(
  stage: ServiceStage,
  actor: Actor,
  audienceId: string,
  state: audiences.ActivationState,
): Promise<audiences.Activation> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const newest = (await stage.as(actor).audiences.get(audienceId)).activations.at(-1);
    if (newest?.state === state) return newest;
    if (Date.now() > deadline) throw new Error(`the activation stays in state ${newest?.state}`);
    await sleep(POLL_MS);
  }
}
