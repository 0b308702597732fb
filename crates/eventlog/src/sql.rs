//! The statements, in one place so that tests can ask for their plans. Not part of the interface.

/// The columns of [`Recorded`](crate::Recorded), of a fact called `f`.
macro_rules! columns {
    () => {
        "f.log_id, f.position, f.id, f.stream, f.version, f.also, f.kind, f.shape, f.occurred_on, \
         f.entered_at, f.recorded_at, f.actor, f.command_id, f.cause, f.payload"
    };
}

pub const CREATE_LOG: &str = "select eventlog.create_log($1)";

pub const HEADS: &str = "select log_id, position, recorded_at from eventlog.head order by log_id";

pub const HEAD: &str = "select log_id, position, recorded_at from eventlog.head where log_id = $1";

pub const APPEND: &str = "select outcome, first_position, last_position, recorded_at, stream, \
     expected, actual, fact_id \
     from eventlog.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";

pub const OUTCOME: &str = "select digest, first_position, last_position, recorded_at \
     from eventlog.command where log_id = $1 and command_id = $2";

// `limit 1` keeps the join a walk along the primary key: for a stream with many linked entries the
// planner would otherwise read all facts of all logs into a hash.
pub const STREAMS: &str = concat!(
    "select f.stream as in_stream, f.version as in_version, ",
    columns!(),
    " from eventlog.fact as f where f.log_id = $1 and f.stream = any ($2) \
     union all \
     select a.stream, a.version, ",
    columns!(),
    " from eventlog.also as a cross join lateral ( \
       select * from eventlog.fact as t where t.log_id = a.log_id and t.position = a.position limit 1 \
     ) as f \
     where a.log_id = $1 and a.stream = any ($2) \
     order by in_stream, in_version"
);

pub const VERSIONS: &str = "select w.stream, greatest( \
       coalesce((select max(f.version) from eventlog.fact as f \
                 where f.log_id = $1 and f.stream = w.stream), 0), \
       coalesce((select max(a.version) from eventlog.also as a \
                 where a.log_id = $1 and a.stream = w.stream), 0)) \
     from unnest($2) as w (stream)";

pub const READ: &str = concat!(
    "select ",
    columns!(),
    " from eventlog.fact as f where f.log_id = $1 and f.position > $2 and f.position <= $3 \
     order by f.position limit $4"
);

pub const AT: &str = concat!(
    "select ",
    columns!(),
    " from eventlog.fact as f where f.log_id = $1 and f.position = $2"
);

// What `verify` asks. Each reads its tables in the order of an index.

pub const VERIFY_POSITIONS: &str = "select f.position, f.recorded_at from eventlog.fact as f \
     where f.log_id = $1 order by f.position";

pub const VERIFY_VERSIONS: &str = "select f.stream, f.version, f.position from eventlog.fact as f where f.log_id = $1 \
     union all \
     select a.stream, a.version, a.position from eventlog.also as a where a.log_id = $1 \
     order by stream, version, position";

pub const VERIFY_ALSO_WITHOUT_FACT: &str = "select a.position, a.stream from eventlog.also as a \
     left join eventlog.fact as f on f.log_id = a.log_id and f.position = a.position \
     where a.log_id = $1 and (f.position is null or a.stream <> all (f.also))";

pub const VERIFY_FACT_WITHOUT_ALSO: &str = "select f.position, s.stream from eventlog.fact as f \
     cross join lateral unnest(f.also) as s (stream) \
     left join eventlog.also as a \
       on a.log_id = f.log_id and a.position = f.position and a.stream = s.stream \
     where f.log_id = $1 and a.position is null";

pub const VERIFY_COMMANDS: &str = "select c.command_id, c.first_position, c.last_position, r.facts \
     from eventlog.command as c cross join lateral ( \
       select count(*) as facts from eventlog.fact as f \
       where f.log_id = c.log_id and f.position between c.first_position and c.last_position \
         and f.command_id = c.command_id and f.recorded_at = c.recorded_at) as r \
     where c.log_id = $1";

pub const VERIFY_FACT_WITHOUT_COMMAND: &str = "select f.position from eventlog.fact as f \
     left join eventlog.command as c on c.log_id = f.log_id and c.command_id = f.command_id \
       and f.position between c.first_position and c.last_position \
     where f.log_id = $1 and c.command_id is null";
