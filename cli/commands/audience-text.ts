import type { audiences } from '../../proto/index.ts';
import { formatNumber } from '../render/index.ts';

/** A protected size in words. */
export function sizeText(size: audiences.ProtectedSize | undefined): string {
  if (size === undefined) return 'size not estimated';
  const [persons, low, high] = [size.persons, size.ci95Low, size.ci95High].map((n) => formatNumber(Number(n)));
  return `about ${persons} persons (${low} to ${high})`;
}
