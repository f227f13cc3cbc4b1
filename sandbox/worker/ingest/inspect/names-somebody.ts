const ADDRESS = /[^\s@]@[^\s@]+\.[^\s@]/;
/** Telephone and card numbers as they are written, and whole numbers as long; no date has ten digits. */
const LONG_NUMBER = /^\+?(?:[ ().\-/]*\d){10,}[ ().\-/]*$/;
const DIGEST = /^(?:[0-9a-f]{64}|[A-Za-z0-9+/_-]{43}=)$/i;

/**
 * Whether what stands where a name of a column belongs is an identifier of somebody.
 *
 * A file without a header offers its first row as names. They would be shown, written into a schema file, and kept in the
 * clear for good, in the store and in the log.
 */
export function namesSomebody(name: string): boolean {
  return ADDRESS.test(name) || LONG_NUMBER.test(name) || DIGEST.test(name);
}
