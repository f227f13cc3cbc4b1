import type { FunctionResult, FunctionView } from '../collaboration/function-view.ts';

/** A scoring function as it is kept: its ends as decimal texts, since JSON has no whole numbers of that size. */
export interface RecordedFunction extends Omit<FunctionView, 'returns'> {
  readonly returns:
    | Extract<FunctionResult, { kind: 'label' }>
    | { readonly kind: 'number'; readonly scale: number; readonly min: string; readonly max: string };
}

/** A scoring function in the form that JSON keeps. */
export function recordFunction(view: FunctionView): RecordedFunction {
  const { returns } = view;
  if (returns.kind === 'label') return { ...view, returns };
  return { ...view, returns: { ...returns, min: String(returns.min), max: String(returns.max) } };
}

/** The scoring function that was kept. */
export function recordedFunction(kept: RecordedFunction): FunctionView {
  const { returns } = kept;
  if (returns.kind === 'label') return { ...kept, returns };
  return { ...kept, returns: { ...returns, min: BigInt(returns.min), max: BigInt(returns.max) } };
}
