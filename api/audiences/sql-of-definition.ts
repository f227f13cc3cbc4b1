import {
  type CheckedAudience,
  type CombinationKind,
  combineAudiences,
  printRule,
  readAudienceRule,
  type UsedFunction,
} from '../../policies/index.ts';
import { audiences } from '../../proto/index.ts';
import type { CollaborationRecord } from '../collaborations/index.ts';
import { MAX_READING_MS, readTableViews } from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen } from '../kitchen/index.ts';
import { sqlOfModelCut } from '../models/index.ts';
import { readCollaborationTags } from '../tags/index.ts';
import { admitToAudience, checkStored } from './audience-record.ts';

/** Longest rule, in characters: sixty conditions with hundreds of values. */
const MAX_RULE_CHARACTERS = 65_536;
/** Fewest and most audiences of one combination. */
const MIN_PARTS_COUNT = 2;
const MAX_PARTS_COUNT = 16;

/** Where a definition is asked for, and for which member. */
export interface DefinitionUse {
  readonly collaboration: CollaborationRecord;
  readonly actingFor: string;
  readonly definition: audiences.Definition;
}

/** A definition as SQL. */
export interface DefinedSql {
  readonly sql: string;
  /** The versions of scoring functions that it was made with; absent for the newest. */
  readonly functions?: readonly UsedFunction[];
}

/**
 * Makes SQL of a definition, whatever the way persons are selected: the one place that does.
 *
 * What comes of it is parsed and checked like SQL that somebody sent, so that no way to make an audience may do more.
 *
 * @throws {ServiceError} INVALID_REQUEST with each fault by its path; what the audiences of a combination are refused with
 */
export async function sqlOfDefinition(kitchen: Kitchen, call: Call, use: DefinitionUse): Promise<DefinedSql> {
  const { source } = use.definition;
  switch (source?.$case) {
    case 'sql':
      return { sql: source.value };
    case 'rule':
      return { sql: await sqlOfRule(kitchen, use, source.value) };
    case 'combination':
      return await sqlOfCombination(kitchen, call, use, source.value);
    case 'modelCut':
      return await sqlOfModel(kitchen, call, use, source.value);
    default:
      throw new ServiceError('INVALID_REQUEST', 'a definition must have SQL, a rule, a combination or a model');
  }
}

/** Without scoring functions the newest would do as well: there are none. */
async function sqlOfModel(
  kitchen: Kitchen,
  call: Call,
  { collaboration, actingFor }: DefinitionUse,
  cut: audiences.ModelCut,
): Promise<DefinedSql> {
  const place = { collaborationId: collaboration.row.collaboration_id, actingFor };
  const { sql, functions } = await sqlOfModelCut(kitchen, call, place, cut);
  return functions.length === 0 ? { sql } : { sql, functions };
}

/** What a request defines by; `sql` and `definition` are two ways to say it, of which exactly one is taken. */
export function definitionOf(request: {
  readonly sql?: string;
  readonly definition: audiences.Definition | undefined;
}): audiences.Definition {
  const { sql = '', definition } = request;
  if (definition === undefined) return { source: { $case: 'sql', value: sql } };
  if (sql === '') return definition;
  throw new ServiceError('INVALID_REQUEST', 'give `sql` or `definition`, not both');
}

async function sqlOfRule(kitchen: Kitchen, { collaboration }: DefinitionUse, text: string): Promise<string> {
  const scope = {
    tables: await readTableViews(kitchen, collaboration),
    tags: await readCollaborationTags(kitchen, collaboration.row.collaboration_id),
    today: new Date(kitchen.nowMs()).toISOString().slice(0, 'YYYY-MM-DD'.length),
  };
  const read = readAudienceRule(parseRule(text), scope);
  if (read.ok) return printRule(read.rule);
  const [first] = read.faults;
  const more = read.faults.length > 1 ? ` (and ${read.faults.length - 1} more)` : '';
  const fields = read.faults.map(({ path, message }) => ({ path: `rule${path}`, message }));
  throw new ServiceError('INVALID_REQUEST', `\`rule${first?.path}\` ${first?.message}${more}`, { fields });
}

function parseRule(text: string): unknown {
  if (text.length > MAX_RULE_CHARACTERS) {
    throw new ServiceError('INVALID_REQUEST', `the rule is longer than ${MAX_RULE_CHARACTERS} characters`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('INVALID_REQUEST', 'the rule is not JSON');
  }
}

const KINDS: Readonly<Partial<Record<audiences.CombinationKind, CombinationKind>>> = {
  [audiences.CombinationKind.UNION]: 'union',
  [audiences.CombinationKind.INTERSECTION]: 'intersection',
  [audiences.CombinationKind.DIFFERENCE]: 'difference',
};

/**
 * Audiences put together, each as it was defined and held against the rules of now.
 *
 * They are all of the member that asks: of another's it would learn by sizes.
 */
async function sqlOfCombination(
  kitchen: Kitchen,
  call: Call,
  { collaboration, actingFor }: DefinitionUse,
  { kind, audienceIds }: audiences.Combination,
): Promise<DefinedSql> {
  const how = KINDS[kind];
  if (how === undefined) throw new ServiceError('INVALID_REQUEST', 'a combination must say of which kind it is');
  if (audienceIds.length < MIN_PARTS_COUNT || audienceIds.length > MAX_PARTS_COUNT) {
    const message = `a combination is of ${MIN_PARTS_COUNT} to ${MAX_PARTS_COUNT} audiences`;
    throw new ServiceError('INVALID_REQUEST', message);
  }
  const parts: CheckedAudience[] = [];
  const functions = new Map<string, UsedFunction>();
  const work = beginCallWork(kitchen, call, { maxMs: MAX_READING_MS });
  for (const id of audienceIds) {
    const audience = await admitToAudience(kitchen, call, 'read-audience', id);
    const { row } = audience;
    if (row.collaboration_id !== collaboration.row.collaboration_id || row.owner !== actingFor) {
      const message = 'the audiences of a combination must be of this collaboration and of the same member';
      throw new ServiceError('INVALID_REQUEST', message);
    }
    parts.push((await checkStored(kitchen, audience, work)).checked);
    for (const used of JSON.parse(row.functions) as UsedFunction[]) mergeFunction(functions, used);
  }
  return { sql: combineAudiences(how, parts, { asker: actingFor }), functions: [...functions.values()] };
}

/** One query can name one version of a function. */
function mergeFunction(functions: Map<string, UsedFunction>, used: UsedFunction): void {
  const name = `${used.member}.${used.name}`;
  const known = functions.get(name);
  if (known !== undefined && known.digest !== used.digest) {
    const message = `the audiences call two versions of \`${name}\`; define the older one again`;
    throw new ServiceError('INVALID_REQUEST', message);
  }
  functions.set(name, used);
}
