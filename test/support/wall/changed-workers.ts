import type { Wall } from '../../../sandbox/index.ts';
import { wallOfChanged } from '../../../sandbox/testkit/index.ts';
import { isReported, report } from './report.ts';

/** What stands between SQL and the engine, in the worker itself. */
export type EngineLayer = 'engine lockdown' | 'one select only';

type Change = Readonly<Record<string, (source: string) => string>>;

const LEFT_OUT: Readonly<Record<EngineLayer, Change>> = {
  'engine lockdown': {
    'worker/engine/engine.js': (source) =>
      source.replace(/(export async function lockEngine\([^)]*\)\s*\{)/, '$1 return;'),
  },
  'one select only': {
    'worker/engine/run-select.js': (source) =>
      source.replaceAll('prepared.statementType !== StatementType.SELECT', 'false'),
  },
};

const ENGINE_LAYERS = Object.keys(LEFT_OUT) as EngineLayer[];
const LIMITS = { deadlineMs: 30_000 };
const MAX_ROWS_COUNT = 100_000;

/** Walls whose workers lack some of the layers of the engine. */
export class ChangedWorkers implements AsyncDisposable {
  readonly #walls = new Map<string, Wall>();

  /** The wall whose workers lack these layers. */
  without(layers: readonly EngineLayer[]): Wall {
    const name = layers.join();
    const wall = this.#walls.get(name) ?? wallOfChanged(Object.assign({}, ...layers.map((layer) => LEFT_OUT[layer])));
    this.#walls.set(name, wall);
    return wall;
  }

  /** Tries a statement with all layers and with none; where it is written down, finds out which of them stop it. */
  async judge(sql: string): Promise<{ isEscape: boolean; isBlank: boolean; stoppedBy: string }> {
    const [isEscape, isFree] = await Promise.all([this.#runs(sql, []), this.#runs(sql, ENGINE_LAYERS)]);
    return { isEscape, isBlank: !isFree, stoppedBy: isReported ? await this.#stoppedBy(sql) : 'not asked' };
  }

  async #stoppedBy(sql: string): Promise<string> {
    const opened = await Promise.all(ENGINE_LAYERS.map((layer) => this.#runs(sql, [layer])));
    const needed = ENGINE_LAYERS.filter((_, index) => opened[index]);
    return needed.length === 0 ? `any of ${ENGINE_LAYERS.join(', ')}` : `${needed.join(' and ')} alone`;
  }

  async #runs(sql: string, layers: readonly EngineLayer[]): Promise<boolean> {
    return (await rowsOf(this.without(layers), sql)) !== null;
  }

  /** Ends all walls. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#walls.values()].map((wall) => wall.close()));
  }
}

/** The rows that a statement answers over an empty engine, null when there is none. */
export async function rowsOf(wall: Wall, sql: string): Promise<readonly (readonly unknown[])[] | null> {
  try {
    return (await wall.compose({ tables: [], sql, maxRows: MAX_ROWS_COUNT }, LIMITS)).rows;
  } catch {
    return null;
  }
}

/** Writes down what became of an attack by SQL. */
export function reportSql(
  category: string,
  attack: string,
  { isEscape, stoppedBy }: { isEscape: boolean; stoppedBy: string },
) {
  report({ category, attack, isEscape, stoppedBy });
}
