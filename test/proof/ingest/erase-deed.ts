import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { rights } from '../../../proto/index.ts';
import type { Actor } from '../../support/service-rules.ts';
import type { Deed } from './deed.ts';
import type { IngestStage } from './ingest-stage.ts';
import { digestOf, identifiersOf, type MadeUpPerson } from './people.ts';

const POLL_MS = 20;
/** Longest that an erasure may take: it opens all that its member brought. */
const MAX_WAIT_MS = 120_000;

/** The identifiers of some people, as a request carries them: as digests only. */
function digestsOf(people: readonly MadeUpPerson[]): rights.IdentifierDigests[] {
  const all = people.flatMap(identifiersOf);
  const byKind = Map.groupBy(all, ([kind]) => kind);
  return [...byKind].map(([kind, texts]) => ({ kind, digests: texts.map(([, text]) => digestOf(text)) }));
}

/** Erases some people of a member, and waits until nothing is left of them. */
export class EraseDeed implements Deed {
  readonly name: string;
  readonly usualMs: number;
  readonly #actor: Actor;
  readonly #people: readonly MadeUpPerson[];
  readonly #requestId = randomUUID();
  #erasure: rights.Erasure | undefined;

  constructor(actor: Actor, people: readonly MadeUpPerson[], usualMs: number) {
    this.#actor = actor;
    this.#people = people;
    this.usualMs = usualMs;
    this.name = `erasure of ${people.length} persons`;
  }

  async attempt({ stage }: IngestStage): Promise<void> {
    const client = stage.as(this.#actor).rights;
    const identifiers = digestsOf(this.#people);
    const endsAtMs = performance.now() + MAX_WAIT_MS;
    let erasure = await client.erasePersons({ identifiers, requestId: this.#requestId });
    while (!erasure.isDone) {
      if (performance.now() > endsAtMs) throw new Error('the erasure does not come to its end');
      await sleep(POLL_MS);
      erasure = await client.getErasure(erasure.erasureId);
    }
    this.#erasure = erasure;
  }

  async check(): Promise<readonly string[]> {
    if (this.#erasure?.isDone !== true) return ['is not done'];
    return this.#erasure.leafIndex === undefined ? ['has no receipt in the log'] : [];
  }
}

/** Opts some people out, and takes it back for half of them. */
export class OptOutDeed implements Deed {
  readonly name = 'opt-outs';
  readonly usualMs = 300;
  readonly #actor: Actor;
  readonly #people: readonly MadeUpPerson[];
  #counted = '';

  constructor(actor: Actor, people: readonly MadeUpPerson[]) {
    this.#actor = actor;
    this.#people = people;
  }

  async attempt({ stage }: IngestStage): Promise<void> {
    const client = stage.as(this.#actor).rights;
    await client.optOut(digestsOf(this.#people));
    await client.withdrawOptOut(digestsOf(this.#people.slice(this.#people.length / 2)));
    this.#counted = JSON.stringify(await client.countOptOuts(), textOfBigint);
  }

  async check({ stage }: IngestStage): Promise<readonly string[]> {
    const client = stage.as(this.#actor).rights;
    const now = JSON.stringify(await client.countOptOuts(), textOfBigint);
    return now === this.#counted ? [] : [`counted ${this.#counted} before the crash and ${now} after it`];
  }
}

function textOfBigint(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
