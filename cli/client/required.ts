/**
 * Unwraps a message field that the contract says is always there.
 *
 * @throws {Error} when the service left it out
 */
export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the service answered without \`${name}\``);
  return value;
}
