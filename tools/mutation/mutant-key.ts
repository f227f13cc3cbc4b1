/** Why a mutant outside the sample is not tried, in Stryker's report. */
export const LEFT_OUT = 'not in the sample';

/** What tells one mutant from another; lines and columns from 0, as Stryker has them inside. */
export interface MutantIdentity {
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: {
    readonly start: { readonly line: number; readonly column: number };
    readonly end: { readonly line: number; readonly column: number };
  };
}

/** A text that is the same for the same mutant, in the sandbox as well as in the repository. */
export function keyOf({ fileName, mutatorName, replacement, location: { start, end } }: MutantIdentity): string {
  const file = fileName.slice(fileName.lastIndexOf('/policies/') + 1);
  return JSON.stringify([file, start.line, start.column, end.line, end.column, mutatorName, replacement ?? '']);
}
