// emmett-postgresql: `appendToStream` with the expected version, callers in a closed loop.
//
// `begin`, one call of `emt_append_to_stream` (which moves the stream's row on and inserts the
// message) with its values in the text of the statement, `commit`: three round trips, one process,
// one thread. No order over all streams is kept: readers go by transaction id.
//
//   node emmett.mjs <connections>    the database from PGHOST, PGPORT, PGUSER, PGDATABASE
//
// A line {"callers", "warming_ms", "measured_ms"} on standard input is answered with a line
// {"micros": [...], "each", "refused", "seconds"}. Ends when standard input does.

import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { STREAM_DOES_NOT_EXIST } from '@event-driven-io/emmett';
import { getPostgreSQLEventStore } from '@event-driven-io/emmett-postgresql';
import pg from 'pg';

// As in fact.rs.
const CATEGORY = 'admission';
const FACTS_PER_STREAM = 2;

const { PGHOST, PGPORT, PGUSER, PGDATABASE } = process.env;
const address = `postgresql://${PGUSER}@localhost:${PGPORT}/${PGDATABASE}?host=${encodeURIComponent(PGHOST)}`;
const pool = new pg.Pool({ connectionString: address, max: Number(process.argv[2]) });
const store = getPostgreSQLEventStore(address, {
  connectionOptions: { pool },
  schema: { autoMigration: 'None' },
});

const admission = () => ({
  type: 'Admission',
  data: {
    person: randomUUID(),
    dwelling: randomUUID(),
    referral: randomUUID(),
    household: 3,
    on: '2031-03-14',
    arranged_by: "the house's own office, by telephone",
    note:
      'The flat on the first floor, with the two rooms towards the courtyard; keys at ' +
      "the porter's, the meter was read together, and the next visit is agreed.",
  },
  metadata: { actor: 'bench' },
});

const call = async (from, until, tally) => {
  let name, length = FACTS_PER_STREAM;
  while (performance.now() < until) {
    if (length >= FACTS_PER_STREAM) {
      name = `${CATEGORY}-${randomUUID()}`;
      length = 0;
    }
    const expectedStreamVersion = length === 0 ? STREAM_DOES_NOT_EXIST : BigInt(length);
    const begun = performance.now();
    for (;;) {
      try {
        await store.appendToStream(name, [admission()], { expectedStreamVersion });
        break;
      } catch (error) {
        if (error?.name !== 'ExpectedVersionConflictError') throw error;
        tally.refused += 1;
      }
    }
    length += 1;
    const ended = performance.now();
    if (from <= ended && ended < until) tally.micros.push(Math.round((ended - begun) * 1000));
  }
};

await store.schema.migrate();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const { callers, warming_ms, measured_ms } = JSON.parse(line);
  const tally = { micros: [], each: 1, refused: 0, seconds: measured_ms / 1000 };
  const from = performance.now() + warming_ms;
  const calls = Array.from({ length: callers }, () => call(from, from + measured_ms, tally));
  await Promise.all(calls);
  console.log(JSON.stringify(tally));
}
process.exit(0);
