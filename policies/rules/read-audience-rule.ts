import type { TableColumn } from '../collaboration/table-view.ts';
import type { FaultCollector } from './fault-collector.ts';
import { AUDIENCE_PURPOSES, type AudiencePurpose, isAudiencePurpose } from './purpose.ts';
import { readColumns } from './read-column-rules.ts';
import {
  type AudienceRule,
  MAX_BLUR_EPSILON,
  MAX_BLUR_TOTAL_EPSILON,
  MIN_BLUR_EPSILON,
  MIN_GROUP_SIZE_PERSONS,
} from './rules.ts';

/** Largest declared number of persons in a minimum. */
export const MAX_MINIMUM_PERSONS = 1_000_000;

const FIELDS = ['columns', 'minSize', 'destinations', 'purposes', 'blurred'];
const DESTINATION = /^[a-z][a-z0-9-]{1,62}\/[a-z][a-z0-9-]{1,62}$/;

/** Reads what an owner permits in audiences. */
export function readAudience(
  collect: FaultCollector,
  value: unknown,
  columns: readonly TableColumn[],
): AudienceRule | null {
  if (value === undefined || value === null) return null;
  const fields = collect.fields(value, '/audience', FIELDS);
  return {
    columns: readColumns(collect, fields.columns, '/audience/columns', columns),
    minSize: collect.whole(fields.minSize, '/audience/minSize', MIN_GROUP_SIZE_PERSONS, MAX_MINIMUM_PERSONS),
    destinations: readDestinations(collect, fields.destinations),
    purposes: readPurposes(collect, fields.purposes),
    blurred: readBlurred(collect, fields.blurred),
  };
}

function readDestinations(collect: FaultCollector, value: unknown): readonly string[] {
  const destinations = collect.texts(value, '/audience/destinations');
  for (const [index, name] of destinations.entries()) {
    if (!DESTINATION.test(name)) {
      collect.fault(`/audience/destinations/${index}`, 'must be written `owner/destination`, for example `shop/feed`');
    }
  }
  return destinations;
}

function readPurposes(collect: FaultCollector, value: unknown): readonly AudiencePurpose[] | null {
  if (value === undefined || value === null) return null;
  const purposes = collect.texts(value, '/audience/purposes');
  for (const [index, name] of purposes.entries()) {
    if (isAudiencePurpose(name)) continue;
    collect.fault(`/audience/purposes/${index}`, `\`${name}\` is not one of ${AUDIENCE_PURPOSES.join(', ')}`);
  }
  return purposes.filter(isAudiencePurpose);
}

function readBlurred(collect: FaultCollector, value: unknown): AudienceRule['blurred'] {
  if (value === undefined || value === null) return null;
  const fields = collect.fields(value, '/audience/blurred', ['epsilon', 'total']);
  const epsilon = collect.number(fields.epsilon, '/audience/blurred/epsilon', MIN_BLUR_EPSILON, MAX_BLUR_EPSILON);
  if (fields.total === undefined) return { epsilon };
  return { epsilon, total: collect.number(fields.total, '/audience/blurred/total', epsilon, MAX_BLUR_TOTAL_EPSILON) };
}
