// What the wall keeps out on this machine, for an operator: it needs no service, no data directory and no token.
import { openWall, RuntimeFolderError, type WallCheck, WallUnsafeError, WorkerUsersError } from '../sandbox/index.ts';
import type { WallConfig } from './config/index.ts';

/** What was found. */
export interface Diagnosis {
  /** Whether a service would start over members' data. */
  readonly isSound: boolean;
  /** Whether it would start at all only for development, with made-up data. */
  readonly isForDevelopment: boolean;
  readonly checks: readonly WallCheck[];
}

/** Opens the wall as the service would and runs its self-test; whatever stands in the way is a check too. */
export async function examine(config: WallConfig): Promise<Diagnosis> {
  try {
    const wall = await openWall({ ...config, spareCount: 0 });
    try {
      const checks = await wall.selfTest();
      return { isSound: isSound(checks) && !wall.isForDevelopment, isForDevelopment: wall.isForDevelopment, checks };
    } finally {
      await wall.close();
    }
  } catch (cause) {
    return { isSound: false, isForDevelopment: false, checks: checksOf(cause) };
  }
}

function checksOf(cause: unknown): readonly WallCheck[] {
  if (cause instanceof WallUnsafeError) return cause.checks;
  if (cause instanceof RuntimeFolderError) return [obstacle('stages-the-worker', cause.message)];
  if (cause instanceof WorkerUsersError) return [obstacle('reserves-users-for-workers', cause.message)];
  throw cause;
}

function obstacle(name: string, fix: string): WallCheck {
  return { name, layer: 'machine', holds: false, fix, isRequired: true };
}

function isSound(checks: readonly WallCheck[]): boolean {
  return checks.every(({ holds, isRequired }) => holds || !isRequired);
}

/** Writes a diagnosis as a table with what to do for each line that fails, and the verdict under it. */
export function renderDiagnosis({ isSound, isForDevelopment, checks }: Diagnosis): string {
  const rows = checks.map(({ name, layer, holds, isRequired, fix }) => [
    holds ? 'holds' : isRequired ? 'MISSING' : 'missing, not required',
    name,
    layer,
    holds ? '' : fix,
  ]);
  const table = [['', 'check', 'layer', 'what to do'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${[...lines, '', verdict({ isSound, isForDevelopment, checks })].join('\n')}\n`;
}

function verdict({ isSound, isForDevelopment, checks }: Diagnosis): string {
  if (isSound) return 'the wall holds';
  if (isForDevelopment) {
    return 'DEVELOPMENT WALL: workers can read what others may read on this machine; for made-up data only';
  }
  const open = checks.filter(({ holds, isRequired }) => isRequired && !holds).length;
  return `the wall does not hold: ${open} of ${checks.length} checks that a service needs are missing`;
}
