/** The name of the file with the events. */
export const EVENT_FILE = 'events.sqlite';

/** The tables of what was decided for whom the first time, and of what persons saw and did. */
export const eventSchema = `
  create table if not exists assignment (
    token    blob not null,
    strategy text not null,
    audience text not null,
    scene    text not null,
    arm      text not null,
    at_ms    integer not null,
    primary key (token, strategy)
  ) strict, without rowid;
  create table if not exists event (
    event_id text primary key,
    token    blob not null,
    kind     text not null check (kind in ('exposure', 'conversion')),
    strategy text not null,
    scene    text not null,
    at_ms    integer not null,
    value    real not null
  ) strict;
  create index if not exists event_of_person on event (token, kind, strategy, at_ms);
  create index if not exists event_by_time on event (at_ms);
`;
