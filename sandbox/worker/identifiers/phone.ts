import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** Longer than any number with its spaces and brackets; the parser is not to be fed essays. */
const MAX_PHONE_LENGTH_CHARS = 64;

/**
 * Brings a telephone number to E.164 (`+4930123456`), or gives null when it is no valid number.
 *
 * @param defaultRegion ISO 3166 country of numbers written without one; without it such numbers are not usable
 */
export function normalisePhone(text: string, defaultRegion?: string): string | null {
  if (text.length > MAX_PHONE_LENGTH_CHARS) return null;
  const region = defaultRegion !== undefined && isSupportedCountry(defaultRegion) ? defaultRegion : undefined;
  const number = parse(text.trim(), region);
  return number?.isValid() && number.ext === undefined ? number.number : null;
}

function parse(text: string, region: CountryCode | undefined) {
  return region === undefined ? parsePhoneNumberFromString(text) : parsePhoneNumberFromString(text, region);
}
