import type { decisions } from '../../proto/index.ts';
import type { EventHistory } from './event-history.ts';
import type { Assignment } from './event-store.ts';
import type { Membership } from './membership.ts';
import { drawArm } from './split.ts';
import { HOLD_OUT, isOn, type Scene, type Scenes, type Strategy } from './strategy.ts';

/** How long first arms wait to be written together: a death loses no more, and a disk is synced ten times a second. */
const WRITE_LATER_MS = 100;
/** More than this many are written at once. */
const WRITE_NOW_COUNT = 1_000;

/** What decisions are made of. */
export interface DeciderParts {
  readonly membership: Pick<Membership, 'isMember' | 'atOneMoment'>;
  readonly history: Pick<EventHistory, 'armOf' | 'wasExposed'>;
  /** Writes first arms down; nobody waits for it. */
  readonly assign: (assignments: readonly Assignment[]) => Promise<void>;
  readonly nowMs?: () => number;
}

/** Decides what one person sees in one scene, of whom it knows nothing but a token. */
export class Decider {
  readonly #parts: DeciderParts;
  readonly #nowMs: () => number;
  #scenes: Scenes;
  #waiting = new Map<string, Assignment>();
  #timer: NodeJS.Timeout | undefined;

  constructor(scenes: Scenes, parts: DeciderParts) {
    this.#scenes = scenes;
    this.#parts = parts;
    this.#nowMs = parts.nowMs ?? Date.now;
  }

  /** Decides by other strategies from now on. */
  replace(scenes: Scenes): void {
    this.#scenes = scenes;
  }

  /** Decides. @returns undefined when no such scene is known */
  decide(token: Uint8Array, sceneName: string): decisions.DecideResponse | undefined {
    const scene = this.#scenes.get(sceneName);
    if (scene === undefined) return undefined;
    const nowMs = this.#nowMs();
    const strategy = this.#parts.membership.atOneMoment(() =>
      scene.strategies.find((candidate) => this.#fits(candidate, token, nowMs)),
    );
    if (strategy === undefined) return { content: scene.default, strategy: '', audience: '', arm: '', heldOut: false };
    return this.#showBy(strategy, token, sceneName, scene, nowMs);
  }

  /** Writes down what waits to be written. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const waiting = this.#waiting;
    if (waiting.size === 0) return;
    this.#waiting = new Map();
    await this.#parts.assign([...waiting.values()]);
  }

  #fits(strategy: Strategy, token: Uint8Array, nowMs: number): boolean {
    const { cap, name } = strategy;
    if (!isOn(strategy, nowMs) || !this.#parts.membership.isMember(strategy.audience, token, nowMs)) return false;
    return cap === undefined || !this.#parts.history.wasExposed(token, name, cap.exposureCount, nowMs - cap.periodMs);
  }

  #showBy(
    strategy: Strategy,
    token: Uint8Array,
    sceneName: string,
    scene: Scene,
    nowMs: number,
  ): decisions.DecideResponse {
    const { name, audience } = strategy;
    const first = this.#parts.history.armOf(token, name);
    const shown = (armName: string): string | undefined =>
      armName === HOLD_OUT && strategy.holdOut > 0
        ? scene.default
        : strategy.arms.find((arm) => arm.name === armName)?.content.get(sceneName);
    // Whoever has an arm keeps it while there is one of that name, also when weights have changed since.
    const arm = first !== undefined && shown(first) !== undefined ? first : drawArm(strategy, token);
    if (first === undefined) this.#assignLater({ token, strategy: name, audience, scene: sceneName, arm, atMs: nowMs });
    return { content: shown(arm) ?? scene.default, strategy: name, audience, arm, heldOut: arm === HOLD_OUT };
  }

  #assignLater(assignment: Assignment): void {
    const key = `${Buffer.from(assignment.token).toString('base64')}${assignment.strategy}`;
    if (!this.#waiting.has(key)) this.#waiting.set(key, assignment);
    // A failed write is told by the thread that writes, whose end is that of the engine.
    const write = (): void => void this.flush().catch(() => undefined);
    if (this.#waiting.size >= WRITE_NOW_COUNT) write();
    else this.#timer ??= setTimeout(write, WRITE_LATER_MS);
  }
}
