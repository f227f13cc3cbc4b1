/** What stands in quotes, or else a parameter: `$1` within a text or a name is no parameter. */
const QUOTED_OR_PARAMETER = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)/g;

/** The first whole number that is no BIGINT. */
const SIGNED_END = 2n ** 63n;

/**
 * Puts whole numbers into a statement in place of its parameters: the engine plans a statement with parameters once without
 * their values and once more with them.
 *
 * For SQL that plans print, where quotes are the only way to write a text: comments, `E''` and `$$` would be read otherwise.
 *
 * @param parameters `$1` to `$n`: BIGINT, or UBIGINT beyond its range
 * @throws {Error} when the statement names one that is not there
 */
export function withConstants(sql: string, parameters: readonly bigint[]): string {
  return sql.replace(QUOTED_OR_PARAMETER, (text, place: string | undefined) => {
    if (place === undefined) return text;
    const value = parameters[Number(place) - 1];
    if (value === undefined) throw new Error(`the statement names a parameter $${place} that is not there`);
    return `CAST('${value}' AS ${value >= SIGNED_END ? 'UBIGINT' : 'BIGINT'})`;
  });
}
