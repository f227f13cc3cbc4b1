import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { ExportOptions } from './export-options.ts';

/** Kinds of identifiers; another column that names persons is a member id. */
const IDENTIFIER_KINDS = ['email', 'phone', 'member_id'];
/** Digits of values after the point. */
const VALUE_SCALE = 2;

/** What is written, in which columns. */
export interface LineForm {
  /** The columns after the one that names the person. */
  readonly columns: readonly { readonly name: string; readonly kind: string; readonly scale?: number }[];
  /** The lines of one person. */
  linesOf(token: Uint8Array): Iterable<readonly (string | number)[]>;
}

const experiment = ['audience', 'strategy', 'scene', 'arm'].map((name) => ({ name, kind: 'text' }));
const value = { name: 'value', kind: 'decimal', scale: VALUE_SCALE };

// Whoever was assigned is in, whatever the arm and whether or not anything was shown: who sees nothing is what the
// others are compared with. A conversion counts for each strategy that the person had been assigned by before it, so
// that an arm cannot choose its conversions.
const touches = `event e on e.token = a.token and e.at_ms >= a.at_ms
  and (e.strategy = a.strategy or (e.kind = 'conversion' and e.strategy = ''))`;

/** The form that was asked for, over the events of an engine. */
export function lineForm(database: DatabaseSync, { form, kinds }: ExportOptions): LineForm {
  return form === 'events' ? eventForm(database, kinds) : personForm(database);
}

function eventForm(database: DatabaseSync, kinds: ReadonlySet<string>): LineForm {
  const lines = database.prepare(
    `select audience, strategy, scene, arm, 'assignment' as kind, at_ms, 0.0 as value, 0 as place from assignment
       where token = $token
     union all
     select a.audience, a.strategy, case e.scene when '' then a.scene else e.scene end, a.arm, e.kind, e.at_ms, e.value,
       case e.kind when 'exposure' then 1 else 2 end
       from assignment a join ${touches} where a.token = $token
     order by strategy, at_ms, place`,
  );
  return {
    columns: [...experiment, { name: 'kind', kind: 'text' }, { name: 'at', kind: 'timestamp' }, value],
    *linesOf(token) {
      for (const row of rowsOf(lines, token)) {
        if (kinds.has(String(row.kind)))
          yield [...namesOf(row), String(row.kind), momentOf(row.at_ms), Number(row.value).toFixed(VALUE_SCALE)];
      }
    },
  };
}

function personForm(database: DatabaseSync): LineForm {
  const lines = database.prepare(
    `select a.audience, a.strategy, a.scene, a.arm, a.at_ms,
       count(*) filter (where e.kind = 'exposure') as exposures,
       count(*) filter (where e.kind = 'conversion') as conversions,
       coalesce(sum(e.value) filter (where e.kind = 'conversion'), 0.0) as value
     from assignment a left join ${touches} where a.token = $token group by a.strategy order by a.strategy`,
  );
  const counts = ['exposures', 'conversions'].map((name) => ({ name, kind: 'integer' }));
  return {
    columns: [...experiment, { name: 'assigned_at', kind: 'timestamp' }, ...counts, value],
    *linesOf(token) {
      for (const row of rowsOf(lines, token)) {
        const counted = [Number(row.exposures), Number(row.conversions)];
        yield [...namesOf(row), momentOf(row.at_ms), ...counted, Number(row.value).toFixed(VALUE_SCALE)];
      }
    },
  };
}

/** The schema under which the file is uploaded. */
export function schemaOf({ columns }: LineForm, { by }: ExportOptions): object {
  const person = { name: by, kind: IDENTIFIER_KINDS.includes(by) ? by : 'member_id' };
  return {
    file: { format: 'csv', encoding: 'utf-8', delimiter: ',', quote: '"', nullWords: [] },
    columns: [person, ...columns].map((column) => ({ ...column, nullable: false })),
  };
}

type Row = Readonly<Record<string, SQLOutputValue>>;

function rowsOf(statement: StatementSync, token: Uint8Array): Row[] {
  return statement.all({ token });
}

function namesOf({ audience, strategy, scene, arm }: Row): string[] {
  return [audience, strategy, scene, arm].map(String);
}

function momentOf(atMs: SQLOutputValue | undefined): string {
  return new Date(Number(atMs)).toISOString();
}
