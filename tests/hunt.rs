//! `ghosthunt hunt`, and that what the pages about Go say is what the search finds.

use ghosthunt::scenario::{Hunt, Named, finding_name};
use ghosthunt::search::{Completeness, Limits, search};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs, and returns the exit code, stdout and stderr.
fn run(directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ghosthunt"))
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

fn findings(page: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/findings").join(page);
    fs::read_to_string(path).expect("the page is there")
}

/// The table without its last line, which tells the time.
fn without_time(table: &str) -> String {
    table.lines().filter(|line| !line.contains(" states in ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_page_s_table_is_the_hunt_s() {
    let here = tempfile::tempdir().expect("there is room for files");
    let (code, table, stderr) = run(here.path(), &["hunt", "go/1.27.3", "--suspenders", "1"]);
    assert_eq!((code, stderr.as_str()), (11, ""));
    let page = findings("go-hunt.md");
    let quoted = page.split("```").nth(1).expect("the page has a table");
    assert_eq!(without_time(quoted.trim()).trim(), without_time(&table).trim(), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
}

/// All but what a foreign DLL does: no runtime can keep it from that.
#[test]
fn the_repaired_runtime_is_safe_everywhere() {
    let hunt = Hunt::find("go/1.27.3-repaired").expect("it is built in").expect("it is right");
    let mut safe = 0;
    for kernel in ["windows_10", "windows_2003", "wine_8"] {
        for cell in hunt.cells(1).iter().filter(|cell| cell.suspenders != ["foreign"]) {
            let scenario = hunt.scenario(cell).expect("a scenario");
            let check = scenario.compile(Some(kernel), &[]).expect("it compiles");
            let report = search(&check.program, &Limits::default(), &mut |_| true);
            assert_eq!(report.completeness, Completeness::Exhaustive);
            assert!(report.violations.is_empty(), "{}@{kernel}: {}", cell.name, cell.text);
            safe += 1;
        }
    }
    assert!(safe > 200, "{safe}");
}

type Pairs = Vec<(String, String)>;

/// A row of a page's table: a scenario, options set for it, and what is said under each kernel.
fn claims(page: &str) -> Vec<(String, Pairs, Pairs)> {
    let mut kernels: Vec<String> = Vec::new();
    let mut claims = Vec::new();
    for line in page.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        if cells[0] == "scenario" {
            kernels = cells[1..].iter().map(|cell| (*cell).to_string()).collect();
        }
        let mut names = cells[0].split('`').skip(1).step_by(2).map(str::to_string);
        let Some(scenario) = names.next() else { continue };
        let set = names.map(|option| (option, "true".to_string())).collect();
        let said = kernels.iter().cloned().zip(cells[1..].iter().map(|cell| (*cell).to_string()));
        claims.push((scenario, set, said.collect()));
    }
    claims
}

#[test]
fn the_pages_say_what_the_search_finds() {
    let mut checked = 0;
    for page in [
        "go-panic-through-c.md",
        "go-first-callback.md",
        "go-profiler-and-exit.md",
        "go-exit-and-loader-lock.md",
    ] {
        for (name, set, said) in claims(&findings(page)) {
            let scenario =
                Named::find(&name).expect("it is built in").parse().expect("it is right");
            for (kernel, verdict) in said.into_iter().filter(|(_, verdict)| verdict != "–") {
                let check = scenario.compile(Some(&kernel), &set).unwrap_or_else(|errors| {
                    panic!("{name}: {}", errors.diagnostics[0].message);
                });
                let report = search(&check.program, &Limits::default(), &mut |_| true);
                assert_eq!(report.completeness, Completeness::Exhaustive);
                let bad = report.violations.iter();
                let bad = bad.map(|found| finding_name(&found.what, &check.program));
                let ends: Vec<_> = bad.filter(|name| !name.contains(' ')).collect();
                let found = if ends.is_empty() { "safe".to_string() } else { ends.join(", ") };
                assert_eq!(found, verdict, "{page}: {name} {set:?} on {kernel}");
                checked += 1;
            }
        }
    }
    assert!(checked > 40, "{checked}");
}

const MODEL: &str = "\
var m: mutex
proc worker(way_out: proc) { lock(m)  way_out() }
proc leaves() { unlock(m) }
proc stays() { skip }
proc waiter() { lock(m)  unlock(m) }
option slow: bool = false
preset quick { slow = false }
preset lazy { slow = true }
";

const HUNT: &str = "\
about   = \"who waits\"
kernels = [\"quick\"]

[suspenders.waiter]
threads = { waiter = \"waiter()\" }

[suspenders.second]
threads = { second = \"waiter()\" }

[exits.leaves]
in = { any = \"leaves\" }

[exits.stays]
in = { any = \"stays\" }

[situations.working]
kind    = \"any\"
threads = { main = \"worker({exit})\" }
";

#[test]
fn a_hunt_of_ones_own() {
    let directory = tempfile::tempdir().expect("there is room for files");
    let directory = directory.path();
    fs::write(directory.join("mine.ghost"), MODEL).expect("there is room for files");
    fs::write(directory.join("hunt.toml"), HUNT).expect("there is room for files");

    let (code, stdout, stderr) = run(directory, &["hunt", "mine"]);
    assert_eq!((code, stderr.as_str()), (11, ""), "{stdout}");
    assert!(stdout.starts_with("mine.ghost on quick: who waits\n"), "{stdout}");
    assert!(stdout.contains("6 combinations: 3 safe, 3 stuck; "), "{stdout}");

    let (code, stdout, _) = run(directory, &["hunt", "mine", "--suspenders", "1"]);
    assert_eq!(code, 11);
    assert!(stdout.contains("4 combinations: 2 safe, 2 stuck; "), "{stdout}");

    let arguments = ["hunt", "mine", "--format", "json", "--kernel", "lazy", "--max-states", "2"];
    let (code, stdout, _) = run(directory, &arguments);
    assert_eq!(code, 21, "{stdout}");
    assert_eq!(stdout.lines().count(), 6);
    assert!(stdout.lines().all(|line| line.contains("\"kernel\":\"lazy\"")), "{stdout}");
    assert!(stdout.contains("\"verdict\":\"incomplete\""), "{stdout}");

    let (code, _, _) = run(directory, &["hunt", "mine", "--save", "found"]);
    assert_eq!(code, 11);
    let named = fs::read_dir(directory.join("found")).expect("it was made");
    let named: Vec<_> = named.map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(named.len(), 6, "{named:?}");
    fs::copy(directory.join("mine.ghost"), directory.join("found/mine.ghost")).expect("room");
    let of_waiter = named.iter().map(|name| name.to_string_lossy().into_owned());
    let of_waiter: Vec<_> = of_waiter
        .filter(|name| name.ends_with(".schedule") && name.contains("stays.waiter@"))
        .collect();
    assert_eq!(of_waiter.len(), 1, "{named:?}");
    let (code, stdout, stderr) = run(&directory.join("found"), &["replay", &of_waiter[0]]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
}

#[test]
fn what_cannot_be_hunted_is_said() {
    let here = tempfile::tempdir().expect("there is room for files");
    let (code, _, stderr) = run(here.path(), &["hunt", "go/1.27.4"]);
    assert_eq!(code, 2);
    assert!(
        stderr.contains("there is no hunt for `go/1.27.4`; there is one for `go/1."),
        "{stderr}"
    );
    let (code, _, stderr) = run(here.path(), &["hunt", "nt"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("there is no hunt for `nt`"), "{stderr}");
    fs::write(here.path().join("mine.ghost"), MODEL).expect("there is room for files");
    let text = HUNT.replace("kind ", "sort ");
    fs::write(here.path().join("hunt.toml"), text).expect("there is room for files");
    let (code, _, stderr) = run(here.path(), &["hunt", "mine"]);
    assert_eq!(code, 65);
    assert!(stderr.contains("unknown key `sort` in a part of a hunt"), "{stderr}");
}
