//! What the house depends on: licences, versions that are there twice, crates that must not be, and
//! where all of it comes from, as `deny.toml` says. The form is cargo-deny's, which reads the same file;
//! this reads what needs no network.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use cargo_metadata::semver::VersionReq;
use cargo_metadata::{Metadata, MetadataCommand, Package, PackageId};
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

/// The part of `deny.toml` that is held here. What cargo-deny knows besides is refused: it would look as
/// if it were held.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Graph {
    targets: Vec<String>,
    all_features: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Licenses {
    allow: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Bans {
    multiple_versions: Deny,
    wildcards: Deny,
    allow_wildcard_paths: bool,
    deny: Vec<Named>,
    skip: Vec<Named>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Sources {
    unknown_registry: Deny,
    unknown_git: Deny,
}

/// The only word for a rule here: what is worth a warning is worth mending.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deny {
    Deny,
}

/// A crate, and why it stands in a list: `name`, or `name@` and which versions of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    #[serde(rename = "crate")]
    which: String,
    reason: String,
}

impl Named {
    fn fits(&self, package: &Package) -> bool {
        let (name, versions) = match self.which.split_once('@') {
            Some((name, versions)) => (name, versions),
            None => (self.which.as_str(), "*"),
        };
        let versions = VersionReq::parse(versions);
        let versions = versions.unwrap_or_else(|error| panic!("{}: {error}", self.which));
        package.name.as_str() == name && versions.matches(&package.version)
    }
}

fn rules() -> Rules {
    let text = std::fs::read_to_string(root().join("deny.toml")).expect("deny.toml");
    toml::from_str(&text).unwrap_or_else(|error| panic!("deny.toml: {error}"))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Everything that is built on this machine, with the features it is built with, as it is locked.
struct Tree {
    metadata: Metadata,
}

impl Tree {
    fn here() -> Self {
        let mut command = MetadataCommand::new();
        command.manifest_path(root().join("Cargo.toml"));
        // What other machines would build was never fetched here.
        let target = format!("--filter-platform={}", host());
        command.other_options(["--offline".to_owned(), "--locked".to_owned(), target]);
        let metadata = command.exec().unwrap_or_else(|error| {
            panic!("cargo metadata, which has to do without a network: {error}")
        });
        Self { metadata }
    }

    /// Every package that is built, the house included.
    fn packages(&self) -> Vec<&Package> {
        let resolved = self.metadata.resolve.as_ref().expect("resolved");
        let built = resolved.nodes.iter().map(|node| &self.metadata[&node.id]);
        built.collect()
    }

    /// Who depends on a package directly.
    fn wanted_by(&self, id: &PackageId) -> BTreeSet<String> {
        let resolved = self.metadata.resolve.as_ref().expect("resolved");
        let wants = |node: &&cargo_metadata::Node| node.dependencies.contains(id);
        let by = resolved.nodes.iter().filter(wants).map(|node| {
            let package = &self.metadata[&node.id];
            format!("{} {}", package.name, package.version)
        });
        by.collect()
    }
}

/// The machine that this was built for.
fn host() -> String {
    let said = std::process::Command::new("rustc")
        .arg("-vV")
        .output()
        .expect("rustc");
    let said = String::from_utf8(said.stdout).expect("text");
    let line = said.lines().find_map(|line| line.strip_prefix("host: "));
    line.expect("its host").to_owned()
}

#[test]
fn every_licence_is_one_of_those_allowed_and_each_of_these_is_needed() {
    let (rules, tree) = (rules(), Tree::here());
    let allowed: Vec<Licensee> = rules
        .licenses
        .allow
        .iter()
        .map(|name| Licensee::parse(name).unwrap_or_else(|error| panic!("{name}: {error}")))
        .collect();
    let mut wrong = Vec::new();
    for package in tree.packages() {
        match judged(package.license.as_deref(), &allowed) {
            Ok(()) => {}
            Err(why) => wrong.push(format!("{} {}: {why}", package.name, package.version)),
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "see [licenses] in deny.toml");

    // Without any one of them somebody's licence would not do.
    let unneeded = allowed.iter().enumerate().filter(|(left_out, _)| {
        let others: Vec<Licensee> = allowed
            .iter()
            .enumerate()
            .filter(|(index, _)| index != left_out)
            .map(|(_, licence)| licence.clone())
            .collect();
        let mut packages = tree.packages().into_iter();
        packages.all(|package| judged(package.license.as_deref(), &others).is_ok())
    });
    let unneeded: Vec<String> = unneeded.map(|(_, licence)| licence.to_string()).collect();
    assert_eq!(
        unneeded,
        Vec::<String>::new(),
        "allowed in deny.toml, and needed by nobody"
    );
}

/// May a crate with this licence expression be there?
fn judged(licence: Option<&str>, allowed: &[Licensee]) -> Result<(), String> {
    let Some(licence) = licence else {
        return Err("it names no licence".to_owned());
    };
    // Some write `MIT/Apache-2.0`, as one did before there were expressions.
    let expression = Expression::parse_mode(licence, ParseMode::LAX)
        .map_err(|error| format!("`{licence}` is no licence: {}", error.reason))?;
    let fits = expression.evaluate(|wanted| allowed.iter().any(|one| one.satisfies(wanted)));
    match fits {
        true => Ok(()),
        false => Err(format!("`{licence}` is not allowed")),
    }
}

#[test]
fn no_crate_is_there_twice_without_a_reason() {
    let (rules, tree) = (rules(), Tree::here());
    let skip = &rules.bans.skip;
    let mut versions: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in tree.packages() {
        versions
            .entry(package.name.as_str())
            .or_default()
            .push(package);
    }
    let mut fitted = BTreeSet::new();
    let mut lines = String::new();
    for several in versions.values_mut().filter(|them| them.len() > 1) {
        several.sort_by(|one, two| one.version.cmp(&two.version));
        let mut left = Vec::new();
        for package in several.iter() {
            match skip.iter().position(|named| named.fits(package)) {
                Some(line) => _ = fitted.insert(line),
                None => left.push(package),
            }
        }
        // The newest may stay; each older one has its line.
        left.pop();
        for package in left {
            let by: Vec<String> = tree.wanted_by(&package.id).into_iter().collect();
            let (major, minor) = (package.version.major, package.version.minor);
            let which = match major {
                0 => format!("{}@=0.{minor}", package.name),
                major => format!("{}@={major}", package.name),
            };
            let _ = writeln!(
                lines,
                "    {{ crate = \"{which}\", reason = \"{}\" }},",
                by.join(", ")
            );
        }
    }
    assert!(
        lines.is_empty(),
        "crates are there twice: find out whether their askers can agree, else add to `skip` in \
         deny.toml, with a reason better than who asks for it:\n{lines}"
    );
    let stale: Vec<&str> = skip
        .iter()
        .enumerate()
        .filter(|(line, _)| !fitted.contains(line))
        .map(|(_, named)| named.which.as_str())
        .collect();
    assert_eq!(
        stale,
        Vec::<&str>::new(),
        "in `skip` of deny.toml, and not there twice"
    );
    for named in skip.iter().chain(&rules.bans.deny) {
        assert!(named.reason.len() > 8, "{} has no reason", named.which);
    }
}

#[test]
fn nothing_is_there_that_must_not_be() {
    let (rules, tree) = (rules(), Tree::here());
    let mut wrong = Vec::new();
    for package in tree.packages() {
        let who = format!("{} {}", package.name, package.version);
        for named in rules.bans.deny.iter().filter(|named| named.fits(package)) {
            let by = tree.wanted_by(&package.id);
            wrong.push(format!("{who}, for {by:?}: {}", named.reason));
        }
        match &package.source {
            Some(source) if source.is_crates_io() => {}
            Some(source) => wrong.push(format!("{who} comes from {source}")),
            None if tree.metadata.workspace_members.contains(&package.id) => {}
            None => wrong.push(format!("{who} comes from a folder outside the workspace")),
        }
        if tree.metadata.workspace_members.contains(&package.id) {
            let wild = package
                .dependencies
                .iter()
                .filter(|one| one.req == VersionReq::STAR && one.path.is_none());
            wrong.extend(wild.map(|one| format!("{who} takes any version of {}", one.name)));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let Bans {
        multiple_versions: Deny::Deny,
        wildcards: Deny::Deny,
        allow_wildcard_paths: true,
        ..
    } = rules.bans
    else {
        panic!("only crates of the house name each other without a version");
    };
    let Sources {
        unknown_registry: Deny::Deny,
        unknown_git: Deny::Deny,
    } = rules.sources;
    assert!(!rules.graph.all_features && rules.graph.targets.contains(&host()));
}

#[test]
fn a_licence_is_judged_as_an_expression() {
    let allowed =
        ["MIT", "Apache-2.0 WITH LLVM-exception"].map(|name| Licensee::parse(name).unwrap());
    let judge = |licence| judged(licence, &allowed);
    for good in [
        "MIT",
        "MIT OR GPL-3.0-only",
        "GPL-3.0-only/MIT",
        "MIT AND Apache-2.0 WITH LLVM-exception",
    ] {
        assert_eq!(judge(Some(good)), Ok(()), "{good}");
    }
    for bad in [
        "GPL-3.0-only",
        "MIT AND GPL-3.0-only",
        "Apache-2.0",
        "Apache-2.0 OR GPL-3.0-only",
        "no licence",
    ] {
        assert!(judge(Some(bad)).is_err(), "{bad}");
    }
    assert!(judge(None).is_err());
}

#[test]
fn a_line_of_a_list_fits_by_name_and_version() {
    let tree = Tree::here();
    let packages = tree.packages();
    let tokio = packages
        .iter()
        .find(|package| package.name.as_str() == "tokio");
    let tokio = tokio.expect("tokio");
    let fits = |which: &str| {
        let (which, reason) = (which.to_owned(), String::new());
        Named { which, reason }.fits(tokio)
    };
    assert!(fits("tokio") && fits("tokio@=1") && fits("tokio@^1.0"));
    assert!(!fits("tokio@=0.1") && !fits("tokio-util") && !fits("tokio@=2"));
}
