import {
  checkAudience,
  type DescribedColumn,
  describePersons,
  type FunctionView,
  faultOfPersons,
  fromPersons,
  functionsUsed,
  isIn,
  type PersonsSource,
  personSql,
  readColumn,
  type TableView,
  tableName,
  tableSql,
  type UsedFunction,
  type Violation,
} from '../../policies/index.ts';
import { assertPermitted, type CollaborationRecord } from '../collaborations/index.ts';
import { parse, readTableViews, violationMessages } from '../exits/index.ts';
import { readFunctionViews } from '../functions/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import type { Kitchen, Work } from '../kitchen/index.ts';
import { invalid, MAX_FEATURES_COUNT } from './model-spec.ts';

/** Where a model is trained, by whom and for whom. */
export interface TrainingPlace {
  readonly collaboration: CollaborationRecord;
  readonly actingFor: string;
  readonly work: Work;
}

/** The persons that a model ranks or groups, and what is known of them without looking at any. */
export interface PersonsOfModel {
  readonly source: PersonsSource;
  /** The features, in the order asked for. */
  readonly columns: readonly DescribedColumn[];
  readonly tables: readonly TableView[];
  /** Scoring functions that may be called. */
  readonly functions: readonly FunctionView[];
  /** Those that an audience cut from the model will call, in the versions of now. */
  readonly used: readonly UsedFunction[];
}

/** Whose persons, and what an audience of the model will read of them. */
export interface AskedPersons {
  readonly persons: string;
  readonly features: readonly string[];
  /** SQL of an audience that is left out; `null` for none. */
  readonly without: string | null;
  /** A scoring function of the features; `null` for none. */
  readonly functionName: string | null;
}

/** A table by its name, and not SQL. */
const TABLE = /^\s*([a-z][a-z0-9-]{0,62}\.[a-z][a-z0-9_]{0,62})\s*$/i;

/**
 * Finds out what the persons of a model have, from declared facts.
 *
 * @throws {ServiceError} QUESTION_REFUSED, AUDIENCE_REFUSED or INVALID_REQUEST; nothing was charged
 */
export async function personsOfModel(
  kitchen: Kitchen,
  call: Call,
  place: TrainingPlace,
  asked: AskedPersons,
): Promise<PersonsOfModel> {
  const { collaboration, actingFor, work } = place;
  const { persons, features } = asked;
  const collaborationId = collaboration.row.collaboration_id;
  const views = await readTableViews(kitchen, collaboration);
  const functions = await readFunctionViews(kitchen, call, { collaborationId, actingFor });
  const sql = sqlOfPersons(persons, features, views);
  const query = await parse(kitchen, sql, work);
  const described = query.ok ? describePersons(query.value, views, functions) : query;
  if (!described.ok) throw refused('QUESTION_REFUSED', described.violations);
  const fault = faultOfPersons(described.value);
  if (fault !== null) throw invalid(fault);
  const tables = [...new Set(described.value.tables.map((t) => t.view))];
  const entry = { action: 'train-model' as const, collaborationId, actingFor };
  assertPermitted(kitchen, call, collaboration, { ...entry, tables: tables.map(tableName) });
  const columns = chosenColumns(described.value.columns, features);
  const source = { sql, identity: described.value.identity ?? '' };
  const used = await usedFunctions(kitchen, { views, functions, work }, usableSql(source, columns, asked));
  return { source, columns, tables, functions, used };
}

function sqlOfPersons(persons: string, features: readonly string[], views: readonly TableView[]): string {
  const table = TABLE.exec(persons)?.[1]?.toLowerCase();
  // A semicolon would end the question that the SQL becomes a part of.
  if (table === undefined) return persons.replace(/;\s*$/, '');
  if (features.length === 0) throw invalid('`features` must name columns of the table to learn from');
  const view = views.find((one) => tableName(one) === table);
  // A table that is not bound is told as in any question.
  return tableSql(table, view?.rules.identity ?? 'identity', features);
}

function chosenColumns(columns: readonly DescribedColumn[], features: readonly string[]): readonly DescribedColumn[] {
  const names = features.length === 0 ? columns.map((c) => c.name) : features;
  if (names.length === 0 || names.length > MAX_FEATURES_COUNT) {
    throw invalid(`a model learns from 1 to ${MAX_FEATURES_COUNT} columns; name them in \`features\``);
  }
  return names.map((name) => {
    const column = columns.find((c) => c.name.toLowerCase() === name.toLowerCase());
    if (column !== undefined) return column;
    const known = columns.map((c) => c.name).join(', ');
    throw invalid(`\`${name}\` is no column of the persons; they have ${known || 'none'}`);
  });
}

interface Known {
  readonly views: readonly TableView[];
  readonly functions: readonly FunctionView[];
  readonly work: Work;
}

/** An audience that reads what every audience of the model will read. */
function usableSql(
  source: PersonsSource,
  columns: readonly DescribedColumn[],
  { without, functionName }: AskedPersons,
): string {
  const names = columns.map(({ name }) => readColumn(name));
  const read = functionName === null ? names : [`${functionName}(${names.join(', ')})`];
  const isRead = read.map((value) => `${value} IS NOT NULL`).join(' OR ');
  const rest = without === null ? '' : ` AND NOT (${isIn(source, without)})`;
  return `SELECT ${personSql(source)} ${fromPersons(source)} WHERE (${isRead})${rest}`;
}

/**
 * The scoring functions that audiences of the model will call. A model that no audience may be cut from would be paid for
 * in vain, so that its columns are held against all rules of audiences before anything is charged.
 */
async function usedFunctions(
  kitchen: Kitchen,
  { views, functions, work }: Known,
  sql: string,
): Promise<readonly UsedFunction[]> {
  const query = await parse(kitchen, sql, work);
  const checked = query.ok ? checkAudience(query.value, views, functions) : query;
  if (!checked.ok) throw refused('AUDIENCE_REFUSED', checked.violations);
  return functionsUsed(checked.value);
}

function refused(code: 'QUESTION_REFUSED' | 'AUDIENCE_REFUSED', violations: readonly Violation[]): ServiceError {
  const messages = violationMessages(violations, null);
  return new ServiceError(code, messages[0]?.message ?? 'the persons of the model are refused', {
    violations: messages,
  });
}
