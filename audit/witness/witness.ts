import { cosign, encodeBase64, formatNote, parseNote, witnessKeyOf } from '../checkpoint/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { isSameHash } from '../merkle/index.ts';
import { formatSplitView } from '../verify/index.ts';
import { type AddCheckpointRequest, parseAddCheckpoint } from './add-checkpoint.ts';
import { judge, originOf, type Verdict, type WatchedLog } from './judge.ts';
import { WitnessState } from './witness-state.ts';

/** What a witness answers to one request: a status of HTTP and a body. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly body: string;
  /** Evidence against the log, where it was kept. */
  readonly evidence?: string;
}

/** Where a witness lives, what it is called, and whom it watches. */
export interface WitnessOptions {
  readonly directory: string;
  readonly name: string;
  readonly logs: readonly WatchedLog[];
  /** Seconds since 1970. */
  readonly nowSeconds?: () => number;
}

/** A witness of transparency logs, as C2SP tlog-witness has it: it signs what goes on from what it signed before. */
export class Witness {
  readonly #state: WitnessState;
  readonly #logs: ReadonlyMap<string, WatchedLog>;
  readonly #nowSeconds: () => number;
  /** One request after the other: between looking at the last tree and replacing it nobody may come in. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(state: WitnessState, { logs, nowSeconds }: WitnessOptions) {
    this.#state = state;
    this.#logs = new Map(logs.map((log) => [log.origin, log]));
    this.#nowSeconds = nowSeconds ?? (() => Math.floor(Date.now() / 1000));
  }

  /** Opens a witness. @throws {AuditLogError} as `WitnessState.open` */
  static async open(options: WitnessOptions): Promise<Witness> {
    return new Witness(await WitnessState.open(options.directory, options.name), options);
  }

  /** Its public key, as auditors take it. */
  get verifierKey(): string {
    return witnessKeyOf(this.#state.key);
  }

  /** Answers a request to cosign a checkpoint. What it signs is durable before the answer is there. */
  async addCheckpoint(body: string): Promise<WitnessAnswer> {
    let request: AddCheckpointRequest;
    try {
      request = parseAddCheckpoint(body);
      parseNote(request.note);
    } catch (error) {
      if (!(error instanceof LogVerificationError)) throw error;
      return { status: 400, body: `${error.message}\n` };
    }
    const answered = this.#last.then(() => this.#answer(request));
    this.#last = answered.catch(() => undefined);
    return await answered;
  }

  /** The newest checkpoint it signed of the log whose origin has this SHA-256, in hexadecimal. */
  checkpointOf(originHash: string): string | undefined {
    return this.#state.noteByHash(originHash);
  }

  /** Waits for what is being answered, then lets the folder go. */
  async close(): Promise<void> {
    await this.#last;
    this.#state.close();
  }

  async #answer(request: AddCheckpointRequest): Promise<WitnessAnswer> {
    const origin = originOf(request.note) ?? '';
    const verdict = judge(request, { log: this.#logs.get(origin), latest: this.#state.latest(origin) });
    switch (verdict.kind) {
      case 'sign':
        return { status: 200, body: await this.#sign(origin, request.note, verdict.verifierKey) };
      case 'conflict':
        return { status: 409, body: `${verdict.latestSize}\n` };
      case 'inconsistent':
        return {
          status: 422,
          body: 'the tree does not go on from the one signed last\n',
          ...(await this.#accuse(origin, request, verdict)),
        };
      case 'malformed':
        return { status: 400, body: 'the old size is larger than the checkpoint\n' };
      case 'not-signed':
        return { status: 403, body: 'no key that is known of this log has signed this\n' };
      case 'unknown-log':
        return { status: 404, body: 'this log is not watched here\n' };
    }
  }

  async #sign(origin: string, note: string, verifierKey: string): Promise<string> {
    const { text, signatures } = parseNote(note);
    const own = cosign(text, this.#state.key, this.#nowSeconds());
    // Of all lines in the note only the one that was verified is kept: the others are whatever somebody sent.
    const [name, keyId] = verifierKey.split('+');
    const ofLog = signatures.filter((line) => line.name === name && Buffer.from(line.keyId).toString('hex') === keyId);
    await this.#state.remember(origin, formatNote({ text, signatures: [...ofLog, own] }));
    return `— ${own.name} ${encodeBase64(Buffer.concat([own.keyId, own.signature]))}\n`;
  }

  /** Two roots of one size prove a split view by themselves; other trees only ask for an explanation. */
  async #accuse(
    origin: string,
    { note }: AddCheckpointRequest,
    { checkpoint }: Extract<Verdict, { kind: 'inconsistent' }>,
  ): Promise<{ evidence?: string }> {
    const held = this.#state.note(origin);
    const latest = this.#state.latest(origin);
    if (held === undefined || latest === undefined || latest.treeSize === 0) return {};
    const isProof = latest.treeSize === checkpoint.treeSize && !isSameHash(latest.rootHash, checkpoint.rootHash);
    const text = isProof
      ? formatSplitView({ notes: [held, note], otherRoot: checkpoint.rootHash, consistencyProof: [], keys: null })
      : `${JSON.stringify({ version: 1, kind: 'unexplained', checkpoints: [held, note] }, null, 2)}\n`;
    const evidence = await this.#state.keepEvidence(text);
    return evidence === undefined ? {} : { evidence };
  }
}
