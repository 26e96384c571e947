//! `ghosthunt hunt`, and that what the pages about Go say is what the search finds.

#[path = "support/binary.rs"]
mod binary;

use binary::ghosthunt_in;
use ghosthunt::report::hunt::{Hunted, row};
use ghosthunt::scenario::{Cell, Hunt, Named, finding_name};
use ghosthunt::search::{Completeness, Limits, search};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

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
    let (code, table, stderr) =
        ghosthunt_in(here.path(), &["hunt", "go/1.27.3", "--suspenders", "1"]);
    assert_eq!((code, stderr.as_str()), (11, ""));
    let page = findings("go-hunt.md");
    let quoted = page.split("```").nth(1).expect("the page has a table");
    assert_eq!(without_time(quoted.trim()).trim(), without_time(&table).trim(), "{table}");
    // A cell with two findings is wider than its column.
    let columns = |line: &str| if line.contains(", ") { 120 } else { 100 };
    assert!(table.lines().all(|line| line.chars().count() <= columns(line)), "{table}");
}

const KERNELS: [&str; 3] = ["windows_10", "windows_2003", "wine_8"];
const VERSIONS: [&str; 7] = ["1.14beta1", "1.14", "1.16", "1.19", "1.22", "1.27.0", "1.27.3"];

fn hunt(version: &str) -> Hunt {
    Hunt::find(&format!("go/{version}")).expect("it is built in").expect("it is right")
}

/// The committed table with two suspenders, which .ci/run makes again.
fn table(version: &str, kernel: &str) -> String {
    findings(&format!("hunts/go-{version}@{kernel}.txt"))
}

fn searched(hunt: &Hunt, cell: &Cell, kernel: &str) -> Hunted {
    let scenario = hunt.scenario(cell).expect("a scenario");
    let check = scenario.compile(Some(kernel), &[]).expect("it compiles");
    let report = search(&check.program, &Limits::default(), &mut |_| true);
    assert_eq!(report.completeness, Completeness::Exhaustive);
    Hunted::of(cell.clone(), hunt, &report, &check.program)
}

/// Those without a thread of their own to end the process: the others have many states.
fn quick_cells(hunt: &Hunt) -> Vec<Cell> {
    let cells = hunt.cells(1).into_iter();
    cells.filter(|cell| !cell.situation.ends_with("another exits")).collect()
}

/// In the committed tables on Windows 10, what each suspender does alone is what the search finds, and
/// each cell that is not safe has a known cause.
#[test]
fn the_tables_of_all_versions_are_the_hunt_s() {
    let versions = VERSIONS.map(|version| {
        std::thread::spawn(move || {
            let hunt = hunt(version);
            let table = table(version, "windows_10");

            for cells in quick_cells(&hunt).chunks(hunt.suspenders().len()) {
                let hunted: Vec<_> =
                    cells.iter().map(|cell| searched(&hunt, cell, "windows_10")).collect();
                for bad in hunted.iter().flat_map(|found| &found.bad) {
                    assert!(!bad.causes.is_empty(), "{version}: {}", cells[0].name);
                }
                let row = anstream::adapter::strip_str(&row(&hunted, &hunt)).to_string();
                let alone = row.split(" – ").next().expect("no two suspenders were combined");
                let heading = &cells[0].situation;
                let (_, below) = table.split_once(&format!("\n{heading}\n")).expect("it is there");
                let mut rows = below.lines().take_while(|line| line.starts_with(' '));
                assert!(rows.any(|line| line.starts_with(alone.trim_end())), "{version}: {alone}");
            }
        })
    });
    for version in versions {
        version.join().expect("its table is right");
    }
}

#[test]
fn every_cause_accounts_for_something_and_nothing_is_without() {
    let hunt = hunt("1.27.3");
    let mut used = BTreeSet::new();
    for version in VERSIONS {
        for kernel in KERNELS {
            let table = table(version, kernel);
            assert!(!table.contains("no cause is known"), "{version} on {kernel}");
            assert!(!table.contains("incomplete"), "{version} on {kernel}");
            let legend = hunt.causes().iter().filter(|cause| table.contains(&cause.name));
            used.extend(legend.map(|cause| cause.name.clone()));
        }
    }
    assert_eq!(used.len(), hunt.causes().len(), "{used:?}");
    for source in hunt.causes().iter().map(|cause| &cause.source) {
        if let Some(page) = source.strip_prefix("reports/findings/") {
            findings(page);
        } else {
            assert!(source.contains('#'), "{source} is no record");
        }
    }
}

#[test]
fn what_is_left_out_has_its_reason() {
    let hunt = hunt("1.27.3");
    let mut reasons = BTreeSet::new();
    let left_out = hunt.not_combined();
    assert!(left_out.len() > 50, "{left_out:?}");
    for (situation, exit, reason) in left_out {
        let reason = reason.unwrap_or_else(|| panic!("{exit} {situation} is left out, unsaid why"));
        reasons.insert(&reason.what);
    }
    for reason in hunt.left_out() {
        let combined = hunt.cells(1);
        let mut about = combined.iter().filter(|cell| reason.is_about(&cell.situation, &cell.exit));
        assert!(about.next().is_none(), "{} is not left out", reason.what);
    }
    assert!(reasons.len() > 5, "{reasons:?}");
}

/// All but what a foreign DLL does, which no runtime can keep it from, and but TerminateProcess in a
/// hook, which takes no lock.
#[test]
fn the_repaired_runtime_is_safe_everywhere() {
    let hunt = hunt("1.27.3-repaired");
    let mut safe = 0;
    for kernel in KERNELS {
        for cell in quick_cells(&hunt).iter().filter(|cell| cell.suspenders != ["foreign"]) {
            if cell.exit == "TerminateProcess(self)" && cell.situation.contains("hooked") {
                continue;
            }
            let found = searched(&hunt, cell, kernel);
            assert_eq!(found.verdict(), "safe", "{}@{kernel}: {}", cell.name, cell.text);
            safe += 1;
        }
    }
    assert!(safe > 300, "{safe}");
}

/// Two changes mend whatever ExitProcess does; Go code in DLL_PROCESS_DETACH is another matter.
#[test]
fn the_loader_lock_mends_every_exit_process() {
    let hunt = hunt("1.27.3-loader-lock");
    let cells = quick_cells(&hunt).into_iter().filter(|cell| {
        cell.suspenders != ["foreign"]
            && cell.exit != "TerminateProcess(self)"
            && !cell.situation.contains("DETACH")
    });
    let mut safe = 0;
    for cell in cells {
        assert_eq!(searched(&hunt, &cell, "windows_10").verdict(), "safe", "{}", cell.name);
        safe += 1;
    }
    assert!(safe > 60, "{safe}");
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
        "go-hooked-call.md",
        "go-callback-at-detach.md",
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

    let (code, stdout, stderr) = ghosthunt_in(directory, &["hunt", "mine"]);
    assert_eq!((code, stderr.as_str()), (11, ""), "{stdout}");
    assert!(stdout.starts_with("mine.ghost on quick: who waits\n"), "{stdout}");
    assert!(stdout.contains("6 combinations: 3 safe, 3 stuck; "), "{stdout}");

    let (code, stdout, _) = ghosthunt_in(directory, &["hunt", "mine", "--suspenders", "1"]);
    assert_eq!(code, 11);
    assert!(stdout.contains("4 combinations: 2 safe, 2 stuck; "), "{stdout}");

    let arguments = ["hunt", "mine", "--format", "json", "--kernel", "lazy", "--max-states", "2"];
    let (code, stdout, _) = ghosthunt_in(directory, &arguments);
    assert_eq!(code, 21, "{stdout}");
    assert_eq!(stdout.lines().count(), 6);
    assert!(stdout.lines().all(|line| line.contains("\"kernel\":\"lazy\"")), "{stdout}");
    assert!(stdout.contains("\"verdict\":\"incomplete\""), "{stdout}");

    let (code, _, _) = ghosthunt_in(directory, &["hunt", "mine", "--save", "found"]);
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
    let (code, stdout, stderr) = ghosthunt_in(&directory.join("found"), &["replay", &of_waiter[0]]);
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
}

#[test]
fn what_cannot_be_hunted_is_said() {
    let here = tempfile::tempdir().expect("there is room for files");
    let (code, _, stderr) = ghosthunt_in(here.path(), &["hunt", "go/1.27.4"]);
    assert_eq!(code, 2);
    assert!(
        stderr.contains("there is no hunt for `go/1.27.4`; there is one for `go/1."),
        "{stderr}"
    );
    let (code, _, stderr) = ghosthunt_in(here.path(), &["hunt", "nt"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("there is no hunt for `nt`"), "{stderr}");
    fs::write(here.path().join("mine.ghost"), MODEL).expect("there is room for files");
    let text = HUNT.replace("kind ", "sort ");
    fs::write(here.path().join("hunt.toml"), text).expect("there is room for files");
    let (code, _, stderr) = ghosthunt_in(here.path(), &["hunt", "mine"]);
    assert_eq!(code, 65);
    assert!(stderr.contains("unknown key `sort` in a part of a hunt"), "{stderr}");
}
