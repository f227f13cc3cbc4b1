import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { trimWhite } from './trim.ts';
import { usualNumber } from './usual-number.ts';

/** Longer than any number with its spaces and brackets; the parser is not to be fed essays. */
const MAX_PHONE_LENGTH_CHARS = 64;

/**
 * Brings a telephone number to E.164 (`+4930123456`), or gives null when it is no valid number.
 *
 * Source: ITU-T E.164 as UID2 has it ("Phone Number Normalization"); what is valid is said by libphonenumber, so that
 * `12345678` is nobody and not a person in every table.
 *
 * @param defaultRegion ISO 3166 country of numbers written without one; without it such numbers are not usable
 */
export function normalisePhone(text: string, defaultRegion?: string): string | null {
  const written = trimWhite(text);
  if (written.length > MAX_PHONE_LENGTH_CHARS) return null;
  const region = defaultRegion !== undefined && isSupportedCountry(defaultRegion) ? defaultRegion : undefined;
  return usualNumber(written, region) ?? libraryNumber(written, region);
}

/** Gives what the library says of a number, however it is written. */
export function libraryNumber(text: string, region: CountryCode | undefined): string | null {
  const number = parse(text, region);
  return number?.isValid() && number.ext === undefined ? number.number : null;
}

function parse(text: string, region: CountryCode | undefined) {
  return region === undefined ? parsePhoneNumberFromString(text) : parsePhoneNumberFromString(text, region);
}
