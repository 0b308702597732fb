//! The bytes of a record: the same as an independent canonicalizer's, and no others.

use chrono::{DateTime, NaiveDate, Utc};
use proof::record::{CanonicalError, Draft, Record, RecordError, canonical};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A record of its own for each position.
pub(crate) fn record(position: u64) -> Record {
    let micros = 1_700_000_000_000_000 + i64::try_from(position).unwrap() * 1_000_003;
    Record {
        log: Uuid::from_u128(0x0198_7654_3210_7000_8000_0000_0000_0001),
        position,
        id: Uuid::from_u128(u128::from(position) << 64 | 0x8000_0000_0000_0002),
        stream: format!("stay/{}", position % 7),
        also: (0..position % 3).map(|n| format!("person/{n}")).collect(),
        kind: "Admission".to_owned(),
        shape: 2,
        occurred_on: NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(),
        entered_at: position
            .is_multiple_of(5)
            .then(|| DateTime::from_timestamp_micros(micros - 77).unwrap()),
        recorded_at: DateTime::from_timestamp_micros(micros).unwrap(),
        actor: "user:züri \"7\"".to_owned(),
        command: Uuid::from_u128(u128::from(position / 2) << 8),
        digest: position.is_multiple_of(2).then(|| vec![7; 32]),
        cause: position.is_multiple_of(4).then(|| Uuid::from_u128(4)),
        salt: [u8::try_from(position % 251).unwrap(); 16],
        data: canonical(&json!({"beds": position, "note": "a\nb", "rate": 0.1})).unwrap(),
    }
}

/// The same record, as another implementation puts it.
fn independently(record: &Record) -> Vec<u8> {
    let mut object = Map::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    let time = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    put("actor", json!(record.actor));
    if !record.also.is_empty() {
        put("also", json!(record.also.join(" ")));
    }
    if let Some(cause) = record.cause {
        put("causationid", json!(cause));
    }
    if let Some(digest) = &record.digest {
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        put("commanddigest", json!(hex));
    }
    put("commandid", json!(record.command));
    put("data", serde_json::from_str(&record.data).unwrap());
    if let Some(entered_at) = record.entered_at {
        put("enteredat", json!(time(entered_at)));
    }
    put("id", json!(record.id));
    put(
        "occurredon",
        json!(record.occurred_on.format("%Y-%m-%d").to_string()),
    );
    let salt: String = record
        .salt
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    put("salt", json!(salt));
    put("sequence", json!(record.position.to_string()));
    put("sequencetype", json!("Integer"));
    put("shape", json!(record.shape));
    put("source", json!(format!("urn:uuid:{}", record.log)));
    put("specversion", json!("1.0"));
    put("subject", json!(record.stream));
    put("time", json!(time(record.recorded_at)));
    put("type", json!(record.kind));
    serde_json_canonicalizer::to_vec(&object).unwrap()
}

#[test]
fn one_record_as_it_stands() {
    let mut one = record(20);
    one.actor = "worker".to_owned();
    one.digest = Some(vec![0x0a, 0xff]);
    let bytes = String::from_utf8(one.bytes()).unwrap();
    assert_eq!(
        bytes,
        "{\"actor\":\"worker\",\"also\":\"person/0 person/1\",\
         \"causationid\":\"00000000-0000-0000-0000-000000000004\",\
         \"commanddigest\":\"0aff\",\
         \"commandid\":\"00000000-0000-0000-0000-000000000a00\",\
         \"data\":{\"beds\":20,\"note\":\"a\\nb\",\"rate\":0.1},\
         \"enteredat\":\"2023-11-14T22:13:39.999983Z\",\
         \"id\":\"00000000-0000-0014-8000-000000000002\",\"occurredon\":\"2026-11-22\",\
         \"salt\":\"14141414141414141414141414141414\",\"sequence\":\"20\",\
         \"sequencetype\":\"Integer\",\"shape\":2,\
         \"source\":\"urn:uuid:01987654-3210-7000-8000-000000000001\",\"specversion\":\"1.0\",\
         \"subject\":\"stay/6\",\"time\":\"2023-11-14T22:13:40.000060Z\",\"type\":\"Admission\"}"
    );
}

#[test]
fn what_is_no_record() {
    let good = String::from_utf8(record(20).bytes()).unwrap();
    let refused = |from: &str, to: &str| {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        Record::parse(bad.as_bytes()).unwrap_err()
    };
    let key = |key| RecordError::Key { key };
    let value = |key| RecordError::Value { key };
    assert_eq!(refused("{\"actor\"", "{ \"actor\""), key("actor"));
    assert_eq!(refused("\"commandid\"", "\"command\""), key("commandid"));
    assert_eq!(refused(",\"shape\":2", ""), key("shape"));
    assert_eq!(refused("\"data\":{", "\"data\":{ "), value("data"));
    assert_eq!(refused("\"beds\":20", "\"beds\":20.0"), value("data"));
    assert_eq!(refused("\"beds\":20", "\"beds\":02"), value("data"));
    assert_eq!(refused("\"beds\":20", "\"zeds\":20"), value("data"));
    assert_eq!(
        refused("\"beds\":20", "\"beds\":9007199254740992"),
        value("data")
    );
    assert_eq!(refused("\\n", "\\u000a"), value("data"));
    assert_eq!(
        refused("\"sequence\":\"20\"", "\"sequence\":\"020\""),
        RecordError::NotCanonical
    );
    assert_eq!(
        refused("\"sequence\":\"20\"", "\"sequence\":20"),
        value("sequence")
    );
    assert_eq!(
        refused("\"sequence\":\"20\"", "\"sequence\":\"-20\""),
        value("sequence")
    );
    assert_eq!(refused("\"shape\":2", "\"shape\":32768"), value("shape"));
    assert_eq!(refused("\"shape\":2", "\"shape\":2.5"), value("shape"));
    assert_eq!(refused("2026-11-22", "2026-11-31"), value("occurredon"));
    assert_eq!(refused("40.000060Z", "40.00006Z"), value("time"));
    assert_eq!(refused("40.000060Z", "40.000060+00:00"), value("time"));
    assert_eq!(refused("T22:13:40", "T24:13:40"), value("time"));
    assert_eq!(refused("urn:uuid:0198", "urn:uuid:0198-"), value("source"));
    assert_eq!(
        refused("\"also\":\"person/0 ", "\"also\":\"person/0  "),
        RecordError::NotCanonical
    );
    assert_eq!(
        refused("\"subject\":\"stay/6\"", "\"subject\":\"\""),
        value("subject")
    );
    assert_eq!(
        refused("\"Admission\"}", "\"Admission\",\"x\":1}"),
        RecordError::More
    );
    assert_eq!(
        refused("\"Admission\"}", "\"Admission\"}\n"),
        RecordError::More
    );
    assert_eq!(refused("1414", "1G14"), value("salt"));
    let upper = good.replace("01987654-3210-7000", "01987654-3210-700A");
    assert_eq!(
        Record::parse(upper.as_bytes()),
        Err(RecordError::NotCanonical)
    );
    assert_eq!(Record::parse(b"\xff"), Err(RecordError::NotUtf8));
    assert_eq!(Record::parse(b""), Err(key("actor")));
}

#[test]
fn numbers_that_json_cannot_carry_are_refused_and_not_repeated() {
    let refused = |value: Value| canonical(&value).unwrap_err();
    let at = |pointer: &str| CanonicalError::Number {
        pointer: pointer.to_owned(),
    };
    assert_eq!(refused(json!(9_007_199_254_740_992_u64)), at(""));
    assert_eq!(refused(json!(-9_007_199_254_740_992_i64)), at(""));
    assert_eq!(refused(json!(u64::MAX)), at(""));
    assert_eq!(
        refused(json!({"a/b": [0, {"c~": 1e300}]})),
        at("/a~1b/1/c~0")
    );
    let message = refused(json!({"a": 9_007_199_254_740_993_u64})).to_string();
    assert!(
        message.contains("/a") && !message.contains("9007"),
        "{message}"
    );
    let largest = json!([9_007_199_254_740_991_u64, -9_007_199_254_740_991_i64]);
    assert_eq!(
        canonical(&largest).unwrap(),
        "[9007199254740991,-9007199254740991]"
    );
    assert_eq!(
        canonical(&json!([1.0, -0.0, 1e-7, 0.1])).unwrap(),
        "[1,0,1e-7,0.1]"
    );
    let deep = |depth| (0..depth).fold(json!(0), |value, _| json!([value]));
    assert_eq!(canonical(&deep(101)), Err(CanonicalError::Depth));
    let mut record = record(1);
    record.data = canonical(&deep(100)).unwrap();
    assert_eq!(Record::parse(&record.bytes()), Ok(record));
}

#[test]
fn keys_are_sorted_as_utf_16() {
    // The example of RFC 8785 section 3.2.3.
    let value = json!({
        "\u{20ac}": "Euro Sign",
        "\r": "Carriage Return",
        "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\u{1f600}": "Emoji: Grinning Face",
        "\u{80}": "Control",
        "\u{f6}": "Latin Small Letter O With Diaeresis"
    });
    assert_eq!(
        canonical(&value).unwrap(),
        "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\
         \"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\
         \"😀\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}"
    );
}

fn payload() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        (-1.0..1.0_f64).prop_map(|small| Value::from(small * 1e-9)),
        ".*".prop_map(Value::from),
        "[\u{0}-\u{20}\"\\\\/\u{7f}\u{e000}-\u{10ffff}]*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-d\u{0}\"é\u{fb33}😀]{0,3}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn moment() -> impl Strategy<Value = DateTime<Utc>> {
    // The years 1 to 9999.
    (-62_135_596_800_000_000_i64..253_402_300_800_000_000)
        .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

prop_compose! {
    fn any_record()(
        ids in any::<(u128, u128, u128, Option<u128>)>(),
        position in prop_oneof![1u64..1000, any::<u64>()],
        names in ("[!-~]{1,20}", prop::collection::vec("[!-~]{1,20}", 0..4), "[!-~]{1,20}", ".{1,9}"),
        shape: i16,
        times in (moment(), prop::option::of(moment()), moment()),
        salt: [u8; 16],
        digest in prop::option::of(prop::collection::vec(any::<u8>(), 1..40)),
        data in payload(),
    ) -> Record {
        let (log, id, command, cause) = ids;
        let (stream, also, kind, actor) = names;
        Record {
            log: Uuid::from_u128(log),
            position,
            id: Uuid::from_u128(id),
            stream,
            also,
            kind,
            shape,
            occurred_on: times.2.date_naive(),
            entered_at: times.1,
            recorded_at: times.0,
            actor,
            command: Uuid::from_u128(command),
            digest,
            cause: cause.map(Uuid::from_u128),
            salt,
            data: canonical(&data).unwrap(),
        }
    }
}

/// What is known of a record before it is recorded.
fn draft(record: &Record) -> Draft<'_> {
    Draft {
        log: record.log,
        id: record.id,
        stream: &record.stream,
        also: &record.also,
        kind: &record.kind,
        shape: record.shape,
        occurred_on: record.occurred_on,
        entered_at: record.entered_at,
        actor: &record.actor,
        command: record.command,
        digest: record.digest.as_deref(),
        cause: record.cause,
        salt: &record.salt,
    }
}

proptest! {
    #[test]
    fn a_payload_has_one_text(value in payload()) {
        let text = canonical(&value).unwrap();
        prop_assert_eq!(&text, &serde_json_canonicalizer::to_string(&value).unwrap());
        let again: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(canonical(&again).unwrap(), text);
    }

    #[test]
    fn bytes_are_canonical_and_parse_to_the_same(record in any_record()) {
        let bytes = record.bytes();
        let other = independently(&record);
        prop_assert_eq!(String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&other));
        prop_assert_eq!(Record::parse(&bytes), Ok(record));
    }

    #[test]
    fn a_leaf_that_is_begun_ends_as_the_whole_one(record in any_record(), position in 1..u64::MAX) {
        let drafted = draft(&record).write(&serde_json::from_str(&record.data).unwrap()).unwrap();
        let time = proof::record::time(record.recorded_at);
        let whole = Record { position, ..record };
        prop_assert_eq!(drafted.leaf(position, &time), whole.leaf());
        prop_assert_eq!(drafted.data(), &whole.data);
        let parts = [
            drafted.before_data(),
            drafted.data(),
            drafted.before_sequence(),
            &position.to_string(),
            drafted.before_time(),
            &time,
            drafted.end(),
        ];
        prop_assert_eq!(parts.concat().into_bytes(), whole.bytes());
    }

    #[test]
    fn what_parses_has_no_other_bytes(record in any_record(), at: prop::sample::Index, with: u8) {
        let mut bytes = record.bytes();
        let at = at.index(bytes.len());
        bytes[at] = with;
        if let Ok(read) = Record::parse(&bytes) {
            prop_assert_eq!(read.bytes(), bytes);
        }
    }
}
