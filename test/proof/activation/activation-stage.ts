import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { isServiceError } from '../../../cli/refusal.ts';
import type { Choices } from '../../fuzz/choices.ts';
import { registerDestination } from '../../support/service-destinations.ts';
import { cast, destinationId, mailingsRules, outcomesRules } from '../../support/service-rules.ts';
import { ServiceStage } from '../../support/service-stage.ts';
import { agree, createDataset, upload } from '../../support/service-table.ts';
import { type Held, heldBy } from './held-members.ts';
import type { Watched } from './kill-moments.ts';
import { emailOf, membersOf, shoppersCsv, tiersCsv } from './people.ts';
import { type Mortal, openWay, type Way, type WayName } from './ways.ts';

/** How a call ends whose service has gone. */
const GONE: ReadonlySet<number> = new Set([status.UNAVAILABLE, status.CANCELLED, status.INTERNAL, status.UNKNOWN]);
const RETRY_MS = 100;
/** Longest that a call is made again for: several starts of a service on a busy machine. */
const MAX_CALL_MS = 240_000;
/** Longest that anything is on its way: an outbox waits longer after each of several failures. */
const MAX_ARRIVAL_MS = 300_000;
const joined = `from ${cast.brand.member}.tiers t join ${cast.platform.member}.shoppers s on t.email = s.email`;
const audienceRules = { columns: ['tier'], minSize: 50, destinations: [`${cast.platform.member}/${destinationId}`] };

/** How a stage is set. */
export interface Setting {
  readonly seed: number;
  readonly personCount: number;
  readonly way: WayName;
  readonly choices: Choices;
}

/** A service and a way to a strategy engine: all who are on it can die at any moment. */
export class ActivationStage implements AsyncDisposable {
  readonly stage: ServiceStage;
  readonly way: Way;
  readonly #seed: number;
  readonly #personCount: number;
  #collaborationId = '';
  #tiersId = '';
  #round = 0;

  private constructor(stage: ServiceStage, way: Way, { seed, personCount }: Setting) {
    this.stage = stage;
    this.way = way;
    this.#seed = seed;
    this.#personCount = personCount;
  }

  /** Starts everything, and lets platform and brand bring their people. */
  static async open(setting: Setting): Promise<ActivationStage> {
    await using opened = new AsyncDisposableStack();
    const stage = opened.use(await ServiceStage.open());
    const way = opened.use(await openWay(setting.way, stage.directory, setting.choices));
    const made = new ActivationStage(stage, way, setting);
    await made.#bring();
    opened.move();
    return made;
  }

  async #bring(): Promise<void> {
    const { stage } = this;
    this.#collaborationId = await agree(stage);
    const collaborationId = this.#collaborationId;
    const shoppers = await createDataset(stage, 'platform', ['email:email', 'city:text']);
    await upload(stage, 'platform', shoppers.datasetId, shoppersCsv(this.#personCount));
    const shoppersRules = outcomesRules({ filters: [], measures: {}, audience: { ...audienceRules, columns: [] } });
    const bind = { collaborationId, datasetId: shoppers.datasetId, alias: 'shoppers', rulesJson: shoppersRules };
    await stage.as('platform').collaborations.bind(bind);
    const tiers = await createDataset(stage, 'brand', ['email:email', 'tier:integer']);
    this.#tiersId = tiers.datasetId;
    await upload(stage, 'brand', this.#tiersId, tiersCsv(this.#seed, this.#round, this.#personCount));
    const rulesJson = mailingsRules({ groupKeys: {}, filters: ['tier'], measures: {}, audience: audienceRules });
    const tiersBind = { collaborationId, datasetId: this.#tiersId, alias: 'tiers', rulesJson };
    await stage.as('brand').collaborations.bind(tiersBind);
    const proposed = await registerDestination(stage, { collaborationId, destinationId, terms: this.way.terms });
    writeFileSync(this.way.engine.tokenKeyPath, Buffer.from(proposed.tokenKey).toString('hex'), { mode: 0o600 });
    await this.way.letIn(proposed);
  }

  /** The brand learns new tiers of everybody; answers when they can be asked of. */
  async nextRound(): Promise<void> {
    this.#round += 1;
    const csv = tiersCsv(this.#seed, this.#round, this.#personCount);
    const uploadId = randomUUID();
    await this.persist(async () => void (await upload(this.stage, 'brand', this.#tiersId, csv, { uploadId })));
  }

  /** Who is in the audience of a tier now. */
  members(tier: number): readonly string[] {
    return membersOf(this.#seed, this.#round, this.#personCount, tier);
  }

  /** Defines the audience of a tier. */
  async define(tier: number): Promise<string> {
    const { audienceId } = await this.stage.as('brand').audiences.define({
      collaborationId: this.#collaborationId,
      displayName: `tier-${tier}`,
      sql: `select t.email ${joined} where t.tier = ${tier}`,
      definition: undefined,
      onBehalfOf: '',
      requestId: randomUUID(),
    });
    return audienceId;
  }

  /** Who the engine holds in an audience. */
  held(audienceId: string): Held {
    const everybody = Array.from({ length: this.#personCount }, (_, person) => emailOf(person));
    const { dataDirectory: engineDirectory, tokenKeyPath } = this.way.engine;
    return heldBy({ engineDirectory, tokenKeyPath, everybody }, audienceId);
  }

  /** Waits until the engine holds these and nobody else, or for so long that it never will. */
  async arrival(audienceId: string, expected: ReadonlySet<string>): Promise<void> {
    const endsAtMs = performance.now() + MAX_ARRIVAL_MS;
    for (;;) {
      const { members } = this.held(audienceId);
      if (members.size === expected.size && [...members].every((email) => expected.has(email))) return;
      if (performance.now() > endsAtMs) return;
      await sleep(RETRY_MS);
    }
  }

  /** What can be seen from outside of what goes on. */
  get watched(): readonly Watched[] {
    const { dataDirectory } = this.stage;
    return [
      { name: 'log', path: join(dataDirectory, 'log', 'journal') },
      { name: 'store', path: join(dataDirectory, 'control.sqlite-wal') },
      { name: 'spool', path: join(dataDirectory, 'deliveries') },
      { name: 'engine', path: join(this.way.engine.dataDirectory, 'audiences.sqlite-wal') },
    ];
  }

  /** Everybody who can die. */
  get mortals(): Readonly<Record<string, Mortal>> {
    const die = async (): Promise<void> => void (await this.stage.end('SIGKILL'));
    return { service: { die, rise: () => this.stage.start() }, ...this.way.mortals };
  }

  /** Makes a call again and again, as a client does whose service has gone, until it is answered. */
  async persist<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    const endsAtMs = performance.now() + MAX_CALL_MS;
    for (;;) {
      try {
        return await call();
      } catch (cause) {
        if (!isOfADeath(cause) || performance.now() > endsAtMs) throw cause;
        await sleep(RETRY_MS);
      }
    }
  }

  /** Ends both and removes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.way[Symbol.asyncDispose]();
    await this.stage[Symbol.asyncDispose]();
  }
}

function isOfADeath(cause: unknown): boolean {
  // Whoever kills closes the clients first: a deed may have been about to make its next call.
  const words = cause instanceof Error ? cause.message : '';
  if (words === 'Channel has been shut down' || words === 'the service has not been started') return true;
  return isServiceError(cause) && GONE.has(cause.code);
}
