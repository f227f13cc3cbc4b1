import { lowerAscii, trimWhite } from './trim.ts';

const UUID = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/;

/** Other ids of devices: the letters and signs that are in use, and as long as they come. */
const OTHER = /^[0-9a-z][0-9a-z._:-]{7,127}$/;

/** What a telephone says when its owner has turned advertising ids off: one person in every table. */
const NOBODY = /^[0.:_-]+$/;

/**
 * Brings the id of a device (IDFA, GAID, OAID and others) to its one form, or gives null when it is none.
 *
 * Shape: trimmed, small letters; what has 32 hexadecimal digits becomes a UUID with its four hyphens. An id of zeros
 * is none.
 */
export function normaliseDeviceId(text: string): string | null {
  const id = lowerAscii(trimWhite(text));
  if (NOBODY.test(id)) return null;
  const uuid = UUID.exec(id);
  if (uuid !== null) return uuid.slice(1).join('-');
  return OTHER.test(id) ? id : null;
}
