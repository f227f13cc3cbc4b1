// Members lie in layers: a full publication is one layer, each delta another one on top, and the newest layer that
// names a token decides. A layer is written ahead while nobody reads it; one last transaction lets it show, in no
// time whatever its size. What is no longer read is thrown away little by little, beside the decisions.

/** The tables of the audiences; the file is the engine's own and may be opened by readers at any moment. */
export const audienceSchema = `
  create table if not exists audience (
    audience_id  text primary key,
    version      integer not null,
    state        text not null check (state in ('shown', 'withdrawn', 'expired')),
    receipt      text not null unique,
    display_name text not null,
    purpose      text not null,
    is_blurred   integer not null,
    expires_at_s integer not null,
    reason       text not null
  ) strict, without rowid;
  create index if not exists audience_by_name on audience (display_name);
  create table if not exists layer (
    layer_id    integer primary key autoincrement,
    audience_id text not null,
    version     integer not null,
    state       text not null check (state in ('staged', 'shown', 'garbage'))
  ) strict;
  create index if not exists layer_of_audience on layer (audience_id, version);
  create table if not exists staging (
    audience_id   text not null,
    version       integer not null,
    layer_id      integer not null,
    begin_part    blob,
    commit_part   blob,
    next_batch    integer not null default 0,
    needs_full    integer not null default 0,
    touched_at_ms integer not null,
    primary key (audience_id, version)
  ) strict, without rowid;
  create table if not exists batch (
    layer_id    integer not null,
    batch_index integer not null,
    added       blob not null,
    removed     blob not null,
    unique (layer_id, batch_index)
  ) strict;
  create table if not exists member (
    layer_id   integer not null,
    token      blob not null,
    is_present integer not null,
    primary key (layer_id, token)
  ) strict, without rowid;

  -- Counts up whenever other layers show: a reader that has seen this number knows where to look.
  create table if not exists directory (version integer not null) strict;
  insert into directory select 0 where not exists (select 1 from directory);
  create trigger if not exists audience_came after insert on audience
    begin update directory set version = version + 1; end;
  create trigger if not exists audience_changed after update on audience
    begin update directory set version = version + 1; end;
  create trigger if not exists layer_changed after update of state on layer
    begin update directory set version = version + 1; end;
  create trigger if not exists layer_went after delete on layer when old.state = 'shown'
    begin update directory set version = version + 1; end;
`;
