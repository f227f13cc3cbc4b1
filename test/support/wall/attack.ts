import {
  AttackerDied,
  type AttackerPlace,
  NativeAttacker,
  WALL_LAYERS,
  type WallLayer,
} from '../../../sandbox/testkit/index.ts';
import { isRoot, openPrey, type Prey } from './prey.ts';
import { isReported, report } from './report.ts';

/** One attack by a program that has taken the worker over. */
export interface Attack {
  readonly name: string;
  /** How the attacker is to be placed beyond the layers. */
  readonly place?: (prey: Prey) => Omit<AttackerPlace, 'without' | 'seccomp'>;
  /** Set when even outside the wall only root could do it: an ordinary user's run cannot show what stops it. */
  readonly needsRoot?: true;
  /** Tries it: true when the attacker got what it was after. An attacker that is killed got nothing. */
  readonly attempt: (attacker: NativeAttacker, prey: Prey) => Promise<boolean>;
}

/** Most time for one attack in all its variations, on a machine that does other things too. */
export const ATTACK_MS = 240_000;

/** What was found by trying an attack against the whole wall, and against none. */
export interface Outcome {
  /** It got through the whole wall. */
  readonly isEscape: boolean;
  /** It gets nothing even where there is no wall: then it shows nothing. */
  readonly isBlank: boolean;
}

/** What was found by trying an attack with layers left out as well. */
export interface Finding extends Outcome {
  /** Layers that alone make the difference: without this one, and with all others, the attack succeeds. */
  readonly needed: readonly WallLayer[];
  /** Where no single layer is needed: those of which each one is enough by itself. */
  readonly enough: readonly WallLayer[];
}

/** The layers that there are for whoever runs this: an ordinary user has no other user to give its workers to. */
const LAYERS: readonly WallLayer[] = WALL_LAYERS.filter((layer) => layer !== 'own-user' || isRoot());

/** Tries an attack once. */
async function attemptOf(
  attack: Attack,
  without: readonly WallLayer[],
  seccomp: 'kill' | 'refuse' = 'kill',
): Promise<boolean> {
  await using prey = await openPrey(without);
  const attacker = new NativeAttacker({ ...attack.place?.(prey), without, seccomp });
  try {
    return await attack.attempt(attacker, prey);
  } catch (error) {
    if (error instanceof AttackerDied) return false;
    throw error;
  } finally {
    await attacker.end();
    attacker.sweep();
  }
}

/**
 * Layers that a run leaves out of every wall, to see this suite go red: `GALLEY_ATTACK_WITHOUT=namespaces`. It is read by
 * the attack suite only.
 */
function broken(): WallLayer[] {
  const names = (process.env.GALLEY_ATTACK_WITHOUT ?? '').split(',');
  return WALL_LAYERS.filter((layer) => names.includes(layer));
}

async function outcomeOf(attack: Attack, gone: readonly WallLayer[]): Promise<Outcome> {
  // A wall of refusals is tried too: who is killed for one call has not shown that the next one would fail.
  const isEscape = (await attemptOf(attack, gone)) || (await attemptOf(attack, gone, 'refuse'));
  const isBlank = !(await attemptOf(attack, WALL_LAYERS));
  return { isEscape, isBlank };
}

/** Tries an attack against the whole wall, with none, with each layer left out, and, if need be, with each alone. */
export async function judge(attack: Attack, gone: readonly WallLayer[] = broken()): Promise<Finding> {
  const layers = LAYERS.filter((layer) => !gone.includes(layer));
  const outcome = await outcomeOf(attack, gone);
  const needed = await filter(layers, (layer) => attemptOf(attack, [...gone, layer]));
  const enough =
    needed.length > 0
      ? []
      : await filter(
          layers,
          async (layer) =>
            !(await attemptOf(
              attack,
              WALL_LAYERS.filter((other) => other !== layer),
            )),
        );
  return { ...outcome, needed, enough };
}

/**
 * Tries an attack, and where that is written down, finds out what stopped it: no test rests on it, and it takes ten
 * walls more.
 */
export async function tryAttack(category: string, attack: Attack): Promise<Outcome> {
  if (!isReported) return await outcomeOf(attack, broken());
  const finding = await judge(attack);
  report({ category, attack: attack.name, isEscape: finding.isEscape, stoppedBy: describe(finding) });
  return finding;
}

/** Leaves out what an ordinary user could not do anywhere, and says so. */
export function shownHere(category: string, attacks: readonly Attack[]): Attack[] {
  for (const { name } of attacks.filter(({ needsRoot }) => needsRoot && !isRoot())) {
    const stoppedBy = 'only root could do it outside the wall';
    report({ category, attack: name, isEscape: false, isLeftOut: true, stoppedBy });
  }
  return attacks.filter(({ needsRoot }) => !needsRoot || isRoot());
}

/** Says which layers stopped an attack. */
export function describe({ needed, enough }: Finding): string {
  if (needed.length === 1) return `${needed[0]} alone`;
  if (needed.length > 1) return `${needed.join(' and ')}, all of them needed`;
  if (enough.length === 1) return `${enough[0]} by itself`;
  return enough.length > 0 ? `any of ${enough.join(', ')}` : 'several layers together';
}

async function filter<Value>(values: readonly Value[], holds: (value: Value) => Promise<boolean>): Promise<Value[]> {
  const kept: Value[] = [];
  for (const value of values) if (await holds(value)) kept.push(value);
  return kept;
}
