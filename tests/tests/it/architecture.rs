//! Arrows point down: which crate of the house may depend on which, and what pure crates never touch.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Who may depend on whom. A crate without a line may not be there; a new arrow is a conversation.
const ARROWS: &[(&str, &[&str])] = &[
    ("events", &[]),
    ("domain", &["events"]),
    ("policy", &["events"]),
    ("vault", &["events"]),
    ("proof", &[]),
    ("eventlog", &["proof"]),
    ("inrete-verify", &["proof"]),
    ("cluster", &[]),
    ("projections", &["eventlog", "events"]),
    ("evaluation", &["projections", "events"]),
    ("report", &["evaluation", "events"]),
    ("sources", &["domain", "events"]),
    (
        "app",
        &[
            "domain",
            "policy",
            "vault",
            "projections",
            "proof",
            "sources",
            "eventlog",
            "events",
        ],
    ),
    (
        "server",
        &[
            "app",
            "cluster",
            "domain",
            "evaluation",
            "eventlog",
            "events",
            // What it says of a bundle is what the verifier says.
            "inrete-verify",
            "policy",
            "projections",
            "proof",
            "report",
            "sources",
            "vault",
        ],
    ),
    ("tests", &["cluster", "eventlog", "projections"]),
];

/// Crates without a clock, a network or a database: values in, values out.
const PURE: &[&str] = &[
    "events",
    "domain",
    "policy",
    "proof",
    "sources",
    "evaluation",
    "report",
];

/// What does the things that pure crates never do.
const IMPURE: &[&str] = &[
    "sqlx",
    "tokio",
    "poem",
    "async-graphql",
    "hyper",
    "reqwest",
    "getrandom",
    "tracing",
];

/// Pure crates that reach an impure one of the house, and why that does no harm.
const REACHES: &[(&str, &str, &str)] = &[
    (
        "evaluation",
        "projections",
        "for row structs and folds, which are pure: nothing in its source is async",
    ),
    (
        "report",
        "projections",
        "through evaluation, whose figures it writes down",
    ),
];

/// What each crate of the house depends on when it is built, without its tests.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// The crates of this workspace.
fn house() -> Graph {
    let mut command = MetadataCommand::new();
    command.manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
    let metadata = command.no_deps().exec().expect("cargo metadata");
    let packages = metadata.packages.into_iter().map(|package| {
        let built = package.dependencies.into_iter();
        let built = built.filter(|one| one.kind != DependencyKind::Development);
        let built = built.map(|one| one.name).collect();
        (package.name.to_string(), built)
    });
    packages.collect()
}

/// Everything that is wrong with these crates.
fn complaints(graph: &Graph) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, dependencies) in graph {
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| known == name) else {
            wrong.push(format!("{name} has no line in ARROWS"));
            continue;
        };
        let of_the_house = dependencies.iter().filter(|it| graph.contains_key(*it));
        for to in of_the_house.filter(|to| !allowed.contains(&to.as_str())) {
            wrong.push(format!("{name} -> {to} is a new arrow"));
        }
    }
    for pure in PURE.iter().filter(|pure| graph.contains_key(**pure)) {
        // What an excused crate depends on is its own business.
        let excused = REACHES.iter().filter(|it| it.0 == *pure).map(|it| it.1);
        for through in reached(graph, pure, &excused.collect::<Vec<_>>()) {
            let touched = graph[&through].iter();
            for impure in touched.filter(|it| IMPURE.contains(&it.as_str())) {
                wrong.push(format!("{pure} is pure and gets {impure} from {through}"));
            }
        }
    }
    for name in graph.keys() {
        let mut next = graph[name].iter();
        if next.any(|to| graph.contains_key(to) && reached(graph, to, &[]).contains(name)) {
            wrong.push(format!("{name} depends on itself in a circle"));
        }
    }
    wrong
}

/// A crate and all of the house that it depends on, as far as `but`, which is left out.
fn reached(graph: &Graph, from: &str, but: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut next = vec![from.to_owned()];
    while let Some(name) = next.pop() {
        if let Some(dependencies) = graph.get(&name)
            && !but.contains(&name.as_str())
            && found.insert(name)
        {
            next.extend(dependencies.iter().cloned());
        }
    }
    found
}

#[test]
fn arrows_point_down() {
    let wrong = complaints(&house());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_line_speaks_of_a_crate() {
    let house = house();
    for (name, allowed) in ARROWS {
        for one in std::iter::once(name).chain(*allowed) {
            assert!(house.contains_key(*one), "there is no crate {one}");
        }
    }
    for (pure, through, why) in REACHES {
        assert!(
            reached(&house, pure, &[]).contains(*through),
            "{pure} no longer reaches {through} ({why}): its line can go"
        );
    }
}

#[test]
fn a_wrong_arrow_is_found() {
    let graph = |arrows: &[(&str, &[&str])]| -> Graph {
        let named = arrows.iter().map(|(name, to)| {
            let to = to.iter().map(|to| (*to).to_owned()).collect();
            ((*name).to_owned(), to)
        });
        named.collect()
    };
    let well = graph(&[
        ("events", &["serde"]),
        ("eventlog", &["sqlx"]),
        ("projections", &["eventlog", "events", "sqlx"]),
        ("evaluation", &["projections", "events"]),
        ("domain", &["events"]),
    ]);
    assert_eq!(complaints(&well), Vec::<String>::new());

    let cases: &[(&str, &[&str], &[&str])] = &[
        (
            "events",
            &["domain"],
            &[
                "events -> domain is a new arrow",
                "domain depends on itself in a circle",
                "events depends on itself in a circle",
            ],
        ),
        (
            "domain",
            &["events", "eventlog"],
            &[
                "domain -> eventlog is a new arrow",
                "domain is pure and gets sqlx from eventlog",
            ],
        ),
        (
            "domain",
            &["events", "tokio"],
            &["domain is pure and gets tokio from domain"],
        ),
        (
            "evaluation",
            &["projections", "sqlx"],
            &["evaluation is pure and gets sqlx from evaluation"],
        ),
        ("utils", &[], &["utils has no line in ARROWS"]),
    ];
    for (name, to, expected) in cases {
        let mut changed = well.clone();
        changed.extend(graph(&[(name, to)]));
        assert_eq!(complaints(&changed), *expected, "{name} -> {to:?}");
    }
}

/// What is async waits for the world.
#[test]
fn pure_crates_wait_for_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for pure in PURE {
        let beside = root.join(pure).join("src");
        let source = match beside.is_dir() {
            true => beside,
            false => root.join("crates").join(pure).join("src"),
        };
        let mut folders = vec![source];
        let mut read = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder of source") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|it| it == "rs") {
                    read += 1;
                    let text = std::fs::read_to_string(&path).expect("a source file");
                    for word in ["async fn", "async move", ".await"] {
                        assert!(!text.contains(word), "{} has {word}", path.display());
                    }
                }
            }
        }
        assert!(read > 0, "{pure} has no source");
    }
}
