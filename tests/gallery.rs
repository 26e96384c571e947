//! The gallery's pages keep their word, and what `ghosthunt new` writes is a gallery piece.

#[path = "support/binary.rs"]
mod binary;

use binary::ghosthunt_in;
use ghosthunt::scenario::{Expectation, Scenario, built_in_models, built_in_scenarios};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PATTERNS: &str = include_str!("../models/patterns/README.md");

/// What a cell of the page's tables says for an expectation.
fn cell(expectation: &Expectation) -> String {
    let bad = expectation.outcomes.iter().flatten().filter(|outcome| outcome.value != "exited");
    let found: Vec<_> = bad.chain(&expectation.violates).map(|name| name.value.as_str()).collect();
    if found.is_empty() { "safe".to_string() } else { found.join(", ") }
}

#[test]
fn the_ranking_of_patterns_is_what_the_scenarios_expect() {
    let mut ranked = BTreeSet::new();
    let mut kernels: Vec<&str> = Vec::new();
    for line in PATTERNS.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        if cells[0] == "scenario" {
            kernels = cells[1..].to_vec();
        }
        let Some(name) = cells[0].strip_prefix('`').and_then(|name| name.strip_suffix('`')) else {
            continue;
        };
        let name = format!("patterns/{name}");
        let text = built_in_scenarios().iter().find(|(known, _)| *known == name);
        let (_, text) = text.unwrap_or_else(|| panic!("the page ranks {name}"));
        let scenario = Scenario::parse(&name, &name, text).expect("it is right");
        let searched: Vec<_> = scenario.kernel_names().into_iter().flatten().collect();
        assert_eq!(kernels, searched, "{name}");
        for (kernel, said) in kernels.iter().zip(&cells[1..]) {
            assert_eq!(*said, cell(scenario.expectation(Some(kernel))), "{name}@{kernel}");
        }
        assert!(ranked.insert(name), "{line}");
    }
    let patterns = built_in_scenarios().iter().map(|(name, _)| name.to_string());
    let patterns: BTreeSet<_> = patterns.filter(|name| name.starts_with("patterns/")).collect();
    assert_eq!(ranked, patterns);
}

/// What a scenario expects is no violation, on every kernel that it names.
fn is_safe(text: &str, name: &str) -> bool {
    let scenario = Scenario::parse(name, name, text).expect("it is right");
    let fine = ["exited", "done", "safe"];
    scenario.kernel_names().into_iter().all(|kernel| {
        let expectation = scenario.expectation(kernel);
        let mut ends = expectation.outcomes.iter().flatten().chain(&expectation.outcome);
        expectation.violates.is_empty() && ends.all(|end| fine.contains(&end.value.as_str()))
    })
}

/// The names in back quotes in a cell of a table, those with a `*` spelt out.
fn named(cell: &str, among: &BTreeSet<&'static str>) -> Vec<&'static str> {
    let patterns = cell.split('`').skip(1).step_by(2);
    let named = patterns.flat_map(|pattern| {
        let of: Vec<_> = match pattern.strip_suffix('*') {
            Some(start) => among.iter().filter(|name| name.starts_with(start)).copied().collect(),
            None => among.get(pattern).copied().into_iter().collect(),
        };
        assert!(!of.is_empty(), "{pattern} is none of {among:?}");
        of
    });
    named.collect()
}

#[test]
fn whatever_is_not_safe_has_a_repair_or_a_reason() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/findings/repairs.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let apart = |name: &str| name.starts_with("nt/") || name.starts_with("litmus/");
    let scenarios = built_in_scenarios().iter().filter(|(name, _)| !apart(name));
    let (mut safe, mut bad) = (BTreeSet::new(), BTreeSet::new());
    for (name, text) in scenarios {
        if is_safe(text, name) {
            safe.insert(*name)
        } else {
            bad.insert(*name)
        };
    }
    let mut left = bad.clone();
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [of, repair, cost] = cells[..] else { panic!("{line}") };
        for name in named(of, &bad) {
            assert!(left.remove(name), "{name} stands on the page twice");
        }
        assert!(repair == "none" || !named(repair, &safe).is_empty(), "{line}");
        assert!(!cost.is_empty(), "{line}");
    }
    assert!(left.is_empty(), "no repair and no reason: {left:?}");
}

/// What a page quotes of the gallery: `GROUP/NAME`, or the command that checks it.
fn quoted(page: &str) -> impl Iterator<Item = &str> {
    let groups: BTreeSet<_> =
        built_in_scenarios().iter().filter_map(|(name, _)| Some(name.split_once('/')?.0)).collect();
    let quoted = page.split('`').skip(1).step_by(2);
    let names = quoted.map(|text| text.strip_prefix("ghosthunt check ").unwrap_or(text));
    names.filter(move |name| {
        name.split_once('/').is_some_and(|(group, rest)| groups.contains(group) && !rest.is_empty())
    })
}

#[test]
fn what_the_pages_quote_of_the_gallery_exists() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/findings");
    let mut pages = vec![PATTERNS.to_string()];
    let found =
        fs::read_dir(folder).expect("the findings").map(|page| page.expect("an entry").path());
    for page in found.filter(|page| page.is_file()) {
        pages.push(fs::read_to_string(page).expect("a page"));
    }
    let known: BTreeSet<_> =
        built_in_scenarios().iter().chain(built_in_models()).map(|(name, _)| *name).collect();
    let quoted: Vec<_> = pages.iter().flat_map(|page| quoted(page)).collect();
    assert!(quoted.len() > 10, "{quoted:?}");
    for name in quoted {
        let meant = |known: &&str| match name.strip_suffix('*') {
            Some(start) => known.starts_with(start),
            None => *known == name,
        };
        assert!(known.iter().any(meant), "{name}");
    }
}

#[test]
fn a_new_protocol_shows_its_ghost_and_is_proved_with_the_lock() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let directory = directory.path();
    let (code, stdout, stderr) = ghosthunt_in(directory, &["new", "my-runtime_2"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.contains("ghosthunt check my-runtime_2.toml"), "{stdout}");

    let (code, stdout, stderr) = ghosthunt_in(directory, &["check", "my-runtime_2.toml"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    for kernel in ["windows_10", "windows_2003", "wine_8"] {
        assert!(stdout.contains(&format!("my-runtime_2@{kernel}: ghost, as expected")), "{stdout}");
    }

    // The way to the proof that the two files describe.
    let scenario = directory.join("my-runtime_2.toml");
    let text = fs::read_to_string(&scenario).expect("it is there");
    let proved = text
        .replace("locked = false", "locked = true")
        .replace("outcomes = [\"exited\", \"ghost\"]", "outcomes = [\"exited\"]");
    fs::write(&scenario, proved).expect("there is room for files");
    let (code, stdout, stderr) = ghosthunt_in(directory, &["check", "my-runtime_2.toml"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    assert_eq!(stdout.matches(": safe, as expected").count(), 3, "{stdout}");
}

#[test]
fn a_new_protocol_takes_nothing_s_place() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let directory = directory.path();
    fs::write(directory.join("mine.toml"), "of old").expect("there is room for files");
    for (name, said) in [
        ("mine", "mine.toml is there already"),
        ("nt", "`nt` is a built-in model"),
        ("a/b", "letters, digits"),
        ("", "letters, digits"),
    ] {
        let (code, stdout, stderr) = ghosthunt_in(directory, &["new", name]);
        assert_eq!((code, stdout.as_str()), (2, ""), "{name}");
        assert!(stderr.contains(said), "{name}: {stderr}");
    }
    assert_eq!(fs::read(directory.join("mine.toml")).expect("it is there"), b"of old");
    assert!(!directory.join("mine.ghost").exists());
}
