//! Our statistics against the field's: SciPy and statsmodels for intervals of a share, lifelines for
//! Kaplan–Meier curves with their bands, on 200 data sets.
//!
//! Their answers are committed as `reference/golden.json`, which needs no network. A second test asks the
//! programs themselves: `reference/compare.py` in a virtual environment that is made once, under
//! `target/`, from `reference/requirements.txt`.

#![expect(clippy::unwrap_used, reason = "a test may stop and may speak")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use evaluation::interval::{Bounds, clopper_pearson, wilson};
use evaluation::survival::{Estimate, Observation, estimates, kaplan_meier};
use serde_json::{Value, json};

/// How far ours may be from theirs.
const NEAR: f64 = 1e-9;
/// Set to 1, the programs are not asked, which is said.
const SKIP: &str = "INRETE_SKIP_REFERENCE";
/// Set to 1, `golden.json` is written anew before it is compared.
const UPDATE: &str = "INRETE_UPDATE_REFERENCE";

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/reference");

fn golden() -> Value {
    let text = fs::read_to_string(Path::new(REFERENCE).join("golden.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn sets<'a>(document: &'a Value, name: &str) -> &'a [Value] {
    document[name].as_array().unwrap()
}

/// Both intervals of one data set, as a list.
fn share(of: &Value) -> Value {
    let (k, n) = (of[0].as_u64().unwrap(), of[1].as_u64().unwrap());
    let level = of[2].as_f64().unwrap();
    let exact = clopper_pearson(k, n, level).unwrap();
    let score = wilson(k, n, level).unwrap();
    json!([exact.low, exact.high, score.low, score.high])
}

/// A curve with its band and medians, unrounded. lifelines writes the share itself where there is no band.
fn curve(of: &Value) -> Value {
    let observations: Vec<Observation> = of
        .as_array()
        .unwrap()
        .iter()
        .map(|one| Observation {
            day: one[0].as_i64().unwrap(),
            event: one[1] == 1,
        })
        .collect();
    let survival = kaplan_meier(&observations).unwrap();
    let curve = estimates(&observations, 0.95);
    let end = |of: fn(&Bounds) -> f64| -> Vec<f64> {
        let value = |one: &Estimate| {
            let is_flat = one.survival == 0.0 || one.survival == 1.0;
            assert_eq!(one.band.is_none(), is_flat, "{one:?}");
            one.band.as_ref().map_or(one.survival, of)
        };
        curve.iter().map(value).collect()
    };
    // What is printed is the same curve, rounded.
    for (step, one) in survival.curve.iter().zip(&curve) {
        let printed: f64 = step.survival.to_string().parse().unwrap();
        assert_eq!(step.day, one.day);
        assert!((printed - one.survival).abs() <= 0.500_001e-6, "{step:?}");
    }
    json!({
        "survival": curve.iter().map(|one| one.survival).collect::<Vec<_>>(),
        "lower": end(|band| band.low),
        "upper": end(|band| band.high),
        "median": [survival.median, survival.median_lower, survival.median_upper],
    })
}

/// Where two documents differ by more than rounding.
fn far(path: &str, ours: &Value, theirs: &Value, wrong: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (place, (one, other)) in one.iter().zip(other).enumerate() {
                far(&format!("{path}[{place}]"), one, other, wrong);
            }
        }
        (Value::Number(one), Value::Number(other)) => {
            let distance = one.as_f64().unwrap() - other.as_f64().unwrap();
            if distance.abs().partial_cmp(&NEAR) != Some(std::cmp::Ordering::Less) {
                wrong.push(format!("{path}: {one} and {other}"));
            }
        }
        (Value::Null, Value::Null) => {}
        _ => wrong.push(format!("{path}: {ours} and {theirs}")),
    }
}

#[test]
fn the_committed_answers_are_ours() {
    let golden = golden();
    let mut wrong = Vec::new();
    let (shares, curves) = (sets(&golden, "shares"), sets(&golden, "curves"));
    assert_eq!(shares.len() + curves.len(), 200);
    for set in shares {
        far(
            &set["of"].to_string(),
            &share(&set["of"]),
            &set["is"],
            &mut wrong,
        );
    }
    for set in curves {
        let (of, is) = (set["of"].to_string(), &set["is"]);
        let ours = curve(&set["of"]);
        for part in ["survival", "lower", "upper"] {
            far(
                &format!("{part} of {of}"),
                &ours[part],
                &is[part],
                &mut wrong,
            );
        }
        // The first days on which lifelines' curves are a half or less. Its own median comes later where a
        // curve is exactly a half and rounding lifts it, and its own interval has no end where the upper
        // end of the band rises above a half again.
        far(
            &format!("medians of {of}"),
            &ours["median"],
            &is["first"],
            &mut wrong,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// SciPy, statsmodels and lifelines are asked again, and answer what is committed and what we compute.
#[test]
fn the_programs_of_the_field_agree() {
    if std::env::var_os(SKIP).is_some_and(|value| value == "1") {
        // Past what captures the output of tests that succeed.
        let said = "SciPy, statsmodels and lifelines were not asked";
        writeln!(std::io::stderr(), "{SKIP}=1: {said}").unwrap();
        return;
    }
    let python = environment();
    let compare = |arguments: &[&Path]| {
        let mut command = Command::new(&python);
        command
            .args(["-I", "-B"])
            .arg(Path::new(REFERENCE).join("compare.py"));
        run(
            command.args(arguments),
            "SciPy, statsmodels and lifelines disagree",
        )
    };
    if std::env::var_os(UPDATE).is_some_and(|value| value == "1") {
        compare(&[Path::new("write")]);
    }
    let golden = golden();
    let of = |name, answer: fn(&Value) -> Value| -> Vec<Value> {
        let sets = sets(&golden, name).iter();
        sets.map(|set| answer(&set["of"])).collect()
    };
    let ours = json!({ "shares": of("shares", share), "curves": of("curves", curve) });
    let results = under_target("reference-results.json");
    fs::write(&results, ours.to_string()).unwrap();
    eprint!("{}", compare(&[Path::new("check"), &results]));
}

/// A place for what this test makes.
fn under_target(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// The Python of a virtual environment that has what is required, made when there is none yet.
fn environment() -> PathBuf {
    let place = under_target("reference-python");
    let (python, made) = (place.join("bin/python"), place.join("made-from"));
    let requirements = Path::new(REFERENCE).join("requirements.txt");
    let wanted = fs::read_to_string(&requirements).unwrap();
    // Whoever else runs these tests here waits.
    let lock = File::create(under_target("reference-python.lock")).unwrap();
    lock.lock().unwrap();
    let is_there = fs::read_to_string(&made).is_ok_and(|text| text == wanted);
    // It goes stale with the Python it was made by.
    let starts = Command::new(&python).arg("--version").output();
    if is_there && starts.is_ok_and(|it| it.status.success()) {
        return python;
    }
    let mut venv = Command::new("python3");
    run(
        venv.args(["-m", "venv", "--clear"]).arg(&place),
        "this test needs Python 3.11 or newer with virtual environments: `scripts/install-missing \
         test` installs them on Debian (python3-venv)",
    );
    let mut pip = Command::new(&python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--no-compile",
    ]);
    run(
        pip.arg("--requirement").arg(&requirements),
        "pip could not install what `requirements.txt` names, most likely because PyPI cannot be \
         reached from here",
    );
    fs::write(&made, wanted).unwrap();
    python
}

/// What a command says; stops with what it complained about, and what to do.
fn run(command: &mut Command, otherwise: &str) -> String {
    let without =
        format!("{SKIP}=1 leaves this test out; the committed answers are compared anyway");
    let output = command
        .output()
        .unwrap_or_else(|fault| panic!("{otherwise}; {without}: {fault}"));
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{otherwise}; {without}:\n{}{}",
        said(&output.stdout),
        said(&output.stderr)
    );
    said(&output.stdout)
}
