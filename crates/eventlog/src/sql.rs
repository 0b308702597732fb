//! The statements, in one place so that tests can ask for their plans. Not part of the interface.

use crate::{LogId, Position, READ_BATCH};

/// The columns of [`Recorded`](crate::Recorded), of a fact called `f`.
macro_rules! columns {
    () => {
        "f.log_id, f.position, f.id, f.stream, f.version, f.also, f.kind, f.shape, f.occurred_on, \
         f.entered_at, f.recorded_at, f.actor, f.command_id, f.cause, f.payload::text as payload"
    };
}

pub const CREATE_LOG: &str = "select eventlog.create_log($1)";

pub const IDS: &str = "select log_id from eventlog.head order by log_id";

pub const HEADS: &str =
    "select log_id, position, recorded_at, frontier from eventlog.head order by log_id";

pub const HEAD: &str =
    "select log_id, position, recorded_at, frontier from eventlog.head where log_id = $1";

pub const APPEND: &str = "select before, at, refused, outcome, firsts, lasts, ats, streams, expected, \
     actual, facts, after \
     from eventlog.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
     $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)";

pub const APPEND_NEXT: &str = "select eventlog.append_next($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
     $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)";

pub const APPEND_ONE: &str = "select eventlog.append_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
     $13, $14, $15, $16, $17, $18, $19, $20)";

pub const CLAIMED: &str =
    "select turn, previous, position, recorded_at, frontier, clock from eventlog.claimed($1)";

pub const CLAIM: &str = "select eventlog.claim($1, $2, $3, $4, $5, $6)";

pub const UNCLAIM: &str = "select eventlog.unclaim($1, $2)";

// It need not be durable, so that appends do not wait for its flush.
pub const NOTIFY: &str =
    "select set_config('synchronous_commit', 'off', true), pg_notify('eventlog', $1)";

pub const OUTCOME: &str = "select command_digest, position, position + command_facts - 1, recorded_at \
     from eventlog.fact where log_id = $1 and command_id = $2 and command_digest is not null";

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

// Ordered inside, too: so it is asked log by log, through the index that has a stream's versions in
// order.
pub const EVERYWHERE: &str = concat!(
    "select h.log_id as in_log, ",
    columns!(),
    " from eventlog.head as h left join lateral ( \
       select * from eventlog.fact as t where t.log_id = h.log_id and t.stream = $1 order by t.version \
     ) as f on true \
     order by h.log_id, f.version"
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

pub const BY_ID: &str = concat!(
    "select ",
    columns!(),
    " from eventlog.fact as f where f.log_id = $1 and f.id = $2"
);

/// What is copied out at once. `copy` takes no parameters; these are two numbers and an id.
pub fn range(columns: &str, log: LogId, after: Position, upto: Position) -> String {
    format!(
        "select {columns} from eventlog.fact as f where f.log_id = '{log}' and f.position > {after} \
         and f.position <= {upto} order by f.position limit {READ_BATCH}"
    )
}

// What `verify` asks. Each reads its tables in the order of an index.

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

pub const VERIFY_NODES: &str = "select height, index, hash from eventlog.node where log_id = $1";

pub const VERIFY_CHECKPOINTS: &str = "select size, body from eventlog.checkpoint where log_id = $1";

/// Runs of stored hashes, each in order: leaves from the facts, the others from the nodes.
pub const NODES: &str = "select r.place, h.hash \
     from unnest($2::smallint[], $3::bigint[], $4::bigint[]) with ordinality as r (height, a, b, place) \
     cross join lateral ( \
       (select f.position as index, f.leaf as hash from eventlog.fact as f \
        where r.height = 0 and f.log_id = $1 and f.position > r.a and f.position <= r.b \
        order by f.position limit 256) \
       union all \
       (select n.index, n.hash from eventlog.node as n \
        where r.height > 0 and n.log_id = $1 and n.height = r.height and n.index >= r.a \
          and n.index < r.b order by n.index limit 256) \
     ) as h order by r.place, h.index";

pub const KEEP_CHECKPOINT: &str = "select eventlog.keep_checkpoint($1, $2, $3, $4, $5, $6)";

pub const CHECKPOINTS: &str = "select c.body, s.names, s.key_ids, s.bytes \
     from eventlog.checkpoint as c cross join lateral ( \
       select array_agg(g.name order by g.name, g.key_id) as names, \
         array_agg(g.key_id order by g.name, g.key_id) as key_ids, \
         array_agg(g.bytes order by g.name, g.key_id) as bytes \
       from eventlog.signature as g where g.log_id = c.log_id and g.size = c.size) as s \
     where c.log_id = $1 order by c.size";

pub const RESTORE: &str = "select eventlog.restore($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
     $13, $14, $15, $16, $17, $18)";
