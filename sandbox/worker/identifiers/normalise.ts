import type { IdentifierKind } from '../../wire/jobs.ts';
import { normaliseEmail } from './email.ts';
import { normaliseMemberId } from './member-id.ts';
import { normalisePhone } from './phone.ts';

/**
 * Brings an identifier to its one form, so that two members who know the same person write the same text; null when
 * it is unusable.
 */
export function normalise(kind: IdentifierKind, text: string, defaultRegion?: string): string | null {
  switch (kind) {
    case 'email':
      return normaliseEmail(text);
    case 'phone':
      return normalisePhone(text, defaultRegion);
    case 'member_id':
      return normaliseMemberId(text);
  }
}
