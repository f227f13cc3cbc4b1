import { normaliseCardNumber } from './card-number.ts';
import { normaliseDeviceId } from './device-id.ts';
import { normaliseEmail } from './email.ts';
import type { IdentifierKind } from './identifier-kind.ts';
import { normaliseMemberId } from './member-id.ts';
import { normalisePhone } from './phone.ts';

/**
 * Brings an identifier to its one form, so that two members who know the same person write the same text; null when
 * it is unusable.
 *
 * @param defaultRegion ISO 3166 country of telephone numbers written without one; of no meaning to other kinds
 */
export function normaliseIdentifier(kind: IdentifierKind, text: string, defaultRegion?: string): string | null {
  switch (kind) {
    case 'email':
      return normaliseEmail(text);
    case 'phone':
      return normalisePhone(text, defaultRegion);
    case 'device_id':
      return normaliseDeviceId(text);
    case 'card_number':
      return normaliseCardNumber(text);
    default:
      return normaliseMemberId(text);
  }
}
