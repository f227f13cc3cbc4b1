/** Rounds to the nearest multiple of a step, halves away from 0. */
export function roundToMultiple(value: bigint, step: bigint): bigint {
  const magnitude = value < 0n ? -value : value;
  const rounded = ((magnitude + step / 2n) / step) * step;
  return value < 0n ? -rounded : rounded;
}

/** Rounds to so many significant digits. */
export function roundToDigits(value: bigint, digits: number): bigint {
  const length = (value < 0n ? -value : value).toString().length;
  return length <= digits ? value : roundToMultiple(value, 10n ** BigInt(length - digits));
}
