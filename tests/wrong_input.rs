//! What is wrong on a command line is said with its place and a way out, before time is spent on
//! anything else; and what was there before is not lost.

#[path = "support/binary.rs"]
mod binary;

use binary::ghosthunt_in;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

/// It must fail with this code, print nothing, and say these things in a single error.
#[track_caller]
fn refused(directory: &Path, arguments: &[&str], code: i32, said: &[&str]) {
    let (found, stdout, stderr) = ghosthunt_in(directory, arguments);
    assert_eq!((found, stdout.as_str()), (code, ""), "{arguments:?}: {stderr}");
    assert_eq!(stderr.matches("error:").count(), 1, "{arguments:?}: {stderr}");
    let words = stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in said {
        assert!(words.contains(part), "{arguments:?}: {part}\n{stderr}");
    }
}

/// A directory with the model and the scenario that `ghosthunt new mine` writes.
fn mine() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("there is room for files");
    assert_eq!(ghosthunt_in(directory.path(), &["new", "mine"]).0, 0);
    directory
}

/// The scenario with these words for others, as a file of another name.
fn changed(directory: &Path, name: &str, from: &str, to: &str) {
    let text = fs::read_to_string(directory.join("mine.toml")).expect("it is there");
    assert!(text.contains(from), "{text}");
    fs::write(directory.join(name), text.replace(from, to)).expect("there is room for files");
}

const ON_ONE: [&str; 2] = ["check", "mine.toml@wine_8"];

/// Checks on one kernel, and saves the schedule there.
fn save(directory: &Path, path: &str) -> String {
    let (code, stdout, stderr) =
        ghosthunt_in(directory, &[&ON_ONE[..], &["--save", path]].concat());
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    stdout
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_its_target_keeps_its_permissions() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let directory = mine();
    let at = |name: &str| directory.path().join(name);
    fs::create_dir(at("kept")).expect("there is room");
    fs::write(at("kept/target"), "old").expect("there is room");
    fs::set_permissions(at("kept/target"), fs::Permissions::from_mode(0o640)).expect("it is ours");
    for (link, target) in [("link", "kept/target"), ("new", "kept/later")] {
        symlink(target, at(link)).expect("there are links");
        save(directory.path(), link);
        assert!(at(link).is_symlink(), "{link} was replaced");
        let saved = fs::read_to_string(at(target)).expect("it was written");
        assert!(saved.starts_with("ghosthunt-schedule 1\n"), "{saved}");
    }
    let mode = fs::metadata(at("kept/target")).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let left = fs::read_dir(at("kept")).expect("it is there").count();
    assert_eq!(left, 2, "nothing is left beside them");
}

#[cfg(unix)]
#[test]
fn a_fifo_is_written_into() {
    use std::os::unix::fs::FileTypeExt;
    let directory = mine();
    let fifo = directory.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("there is a mkfifo").success());
    let reader = std::thread::spawn({
        let fifo = fifo.clone();
        move || fs::read_to_string(fifo)
    });
    save(directory.path(), "fifo");
    let kind = fs::metadata(&fifo).expect("it is there").file_type();
    // Asked before the reader is waited for, which would wait for ever for a FIFO that is gone.
    assert!(kind.is_fifo(), "the FIFO was replaced");
    let read = reader.join().expect("it reads").expect("it can be read");
    assert!(read.starts_with("ghosthunt-schedule 1\n"), "{read}");
}

/// Two openings of one file would write over each other.
#[cfg(target_os = "linux")]
#[test]
fn what_is_saved_to_stdout_stands_beside_what_is_printed() {
    let directory = mine();
    std::os::unix::fs::symlink("/proc/self/fd/1", directory.path().join("stdout")).expect("links");
    let printed = directory.path().join("printed");
    let status = Command::new(env!("CARGO_BIN_EXE_ghosthunt"))
        .args([&ON_ONE[..], &["--save", "stdout"]].concat())
        .current_dir(directory.path())
        .stdout(fs::File::create(&printed).expect("there is room"))
        .status()
        .expect("the binary runs");
    assert!(status.success());
    let printed = fs::read_to_string(printed).expect("it was printed");
    assert!(printed.starts_with("ghosthunt-schedule 1\n"), "{printed}");
    assert!(printed.contains("mine@wine_8: ghost, as expected\n"), "{printed}");
}

#[test]
fn directories_are_made_one_deep() {
    let directory = mine();
    let here = directory.path();
    let saved = save(here, "new/");
    assert!(saved.contains("in new/mine@wine_8-ghost.schedule"), "{saved}");
    fs::write(here.join("file"), "").expect("there is room");
    let missing = "there is no directory `no/such`; make it first (mkdir -p no/such)";
    for (arguments, flag) in [
        (&["check", "mine.toml", "--save", "no/such/all"] as &[&str], "--save"),
        (&["check", "mine.toml@wine_8", "--save", "no/such/all"], "--save"),
        (&["simulate", "mine.toml", "--save", "no/such/all"], "--save"),
        (&["minimise", "new/mine@wine_8-ghost.schedule", "--save", "no/such/all"], "--save"),
        (&["hunt", "go/1.14", "--save", "no/such/all"], "--save"),
        (&["mutate", "mine.ghost", "--write", "no/such/all"], "--write"),
        (&["report", "mine.toml", "--out", "no/such/all"], "--out"),
    ] {
        refused(here, arguments, 2, &[flag, missing]);
    }
    refused(here, &["check", "mine.toml", "--save", "file/x"], 2, &["`file` is no directory"]);
    assert!(!here.join("no").exists());
}

#[test]
fn of_a_missing_model_nothing_else_is_said() {
    let directory = mine();
    changed(directory.path(), "other.toml", "\"mine\"", "\"mines\"");
    refused(
        directory.path(),
        &["check", "other.toml"],
        65,
        &["there is no model `mines`", "other.toml:2:", "there is `mine`"],
    );
    // A declaration that cannot be read is not called missing.
    let model = fs::read_to_string(directory.path().join("mine.ghost")).expect("it is there");
    let broken = model.replace("option locked: bool = false", "option locked bool = false");
    assert_ne!(broken, model);
    fs::write(directory.path().join("mine.ghost"), broken).expect("there is room");
    let (code, _, stderr) = ghosthunt_in(directory.path(), &["check", "mine.toml"]);
    assert_eq!(code, 65, "{stderr}");
    assert!(stderr.contains("mine.ghost:"), "{stderr}");
    assert!(!stderr.contains("no option `locked`"), "{stderr}");
}

#[test]
fn what_the_command_line_asks_for_and_is_not_there_is_a_usage_error() {
    let directory = mine();
    let presets = "the presets are `windows_10`, `windows_2003` and `wine_8`";
    for kernel in [&["check", "mine.toml@windows_9"][..], &["simulate", "mine.toml@windows_9"]] {
        refused(directory.path(), kernel, 2, &["--kernel windows_9", "`windows_10`", presets]);
    }
    for (arguments, said) in [
        (&["--kernel", "windows_9"][..], &["the command line:1:10", "`windows_10`", presets][..]),
        (&["--kernel", "wine_8", "--kernel", "lindows"], &["no preset `lindows`", presets]),
        (&["--set", "lockd=true"], &["--set lockd=true", "there is `locked`", "`user_barrier`"]),
        (&["--set", "locked=3"], &["the command line:1:14", "expected bool, found the number 3"]),
    ] {
        let arguments = [&["check", "mine.toml"], arguments].concat();
        refused(directory.path(), &arguments, 2, said);
    }
    let rate = ["danger", "mine.toml@wine_8", "--rate", "mian=2"];
    let said = "no thread or action `mian`; there are main, suspender";
    refused(directory.path(), &rate, 2, &[said]);
    // What a schedule asks for is its own mistake.
    save(directory.path(), "good.schedule");
    let text = fs::read_to_string(directory.path().join("good.schedule")).expect("it was saved");
    for (from, to, said) in [
        ("wine_8", "wine_9", "no preset `wine_9` --> bad.schedule:3:1"),
        ("wine_8\n", "wine_8\nset lockd=true\n", "no option `lockd` --> bad.schedule:4:1"),
    ] {
        fs::write(directory.path().join("bad.schedule"), text.replace(from, to)).expect("room");
        refused(directory.path(), &["replay", "bad.schedule"], 65, &[said]);
    }
}

#[test]
fn a_kernel_that_is_not_there_is_said_before_any_search() {
    let directory = mine();
    changed(directory.path(), "bad.toml", "\"windows_2003\"", "\"windows_9\"");
    for command in ["check", "danger", "simulate", "engines", "mutate"] {
        let said = &["no preset `windows_9`", "bad.toml:3:"];
        refused(directory.path(), &[command, "bad.toml"], 65, said);
    }
    // The scenario that is right is checked all the same, after all that is wrong has been said.
    let (code, stdout, _) = ghosthunt_in(directory.path(), &["check", "bad.toml", "mine.toml"]);
    assert_eq!(code, 65);
    assert!(stdout.starts_with("mine@windows_10: ghost, as expected"), "{stdout}");
    let hunt = ["hunt", "go/1.14", "--kernel", "windows_10", "--kernel", "windows_9"];
    refused(directory.path(), &hunt, 2, &["no preset `windows_9`"]);
    let mutate = ["mutate", "mine.ghost", "--kernel", "windows_9", "--scenario", "mine"];
    refused(directory.path(), &mutate, 2, &["runs on windows_9; their kernels are `windows_10`"]);
}

#[test]
fn of_all_scenarios_those_are_checked_that_can_be() {
    let here = Path::new(".");
    let few = ["check", "--all", "--max-states", "1"];
    let (code, stdout, stderr) = ghosthunt_in(here, &[&few[..], &["--kernel", "wine_8"]].concat());
    assert_eq!(code, 21, "{stderr}");
    assert!(stderr.contains("scenarios left out, whose models have no such preset"), "{stderr}");
    // Each check is counted once.
    let tally = stdout.lines().last().expect("a tally");
    let (checks, rest) = tally.split_once(" checks: ").expect("it counts the checks");
    let (parts, _) = rest.split_once(';').expect("it goes on");
    let number = |text: &str| {
        let digits = text.split(' ').next().expect("a word").replace(',', "");
        digits.parse::<u64>().expect("a number")
    };
    assert!(number(checks) > 200, "{tally}");
    assert_eq!(parts.split(", ").map(number).sum::<u64>(), number(checks), "{tally}");
    refused(here, &["check", "--all", "--kernel", "windows_9"], 2, &["no preset `windows_9`"]);
    refused(here, &["check", "--all", "--show", "ghost"], 2, &["cannot be used with"]);
}

#[test]
fn what_is_no_scenario_is_called_what_it_is() {
    let directory = mine();
    let here = directory.path();
    save(here, "schedule.json");
    fs::write(here.join("list.txt"), "mine").expect("there is room");
    fs::create_dir(here.join("empty")).expect("there is room");
    for (name, said) in [
        ("mine.ghost", "is a model, and a scenario says who runs it: name `mine.toml`"),
        ("schedule.json", "is a schedule; `ghosthunt replay schedule.json` replays it"),
        (".", "is a directory; name one of its files: `./mine.toml`"),
        ("empty", "is a directory, and no scenario stands in it"),
        ("list.txt", "is no scenario, which is a `.toml` file"),
        ("go/1.22", "is a model, and no scenario; its scenarios: `go/"),
        ("webkit", "`ghosthunt list webkit/` lists them"),
    ] {
        for command in ["check", "danger", "report"] {
            refused(here, &[command, name], 2, &[&format!("`{name}`"), said]);
        }
    }
    fs::rename(here.join("mine.toml"), here.join("other.toml")).expect("it is there");
    refused(here, &["check", "mine.ghost"], 2, &["`ghosthunt new NAME`"]);
    let bytes = [0x7f, b'E', b'L', b'F', 0xff, 0xfe];
    fs::write(here.join("binary"), bytes).expect("there is room");
    refused(here, &["replay", "binary"], 65, &["cannot read binary: this is no schedule"]);
    fs::write(here.join("binary.toml"), bytes).expect("there is room");
    refused(here, &["check", "binary.toml"], 65, &["cannot read binary.toml: this is no text"]);
}

#[test]
fn of_a_damaged_schedule_the_first_cause_is_told() {
    let directory = mine();
    save(directory.path(), "good");
    let text = fs::read_to_string(directory.path().join("good")).expect("it was saved");
    let damaged: String = text.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    let damaged = damaged.replace("\n1  ", "\nx1  ").replace("shows ", "show ");
    fs::write(directory.path().join("bad"), damaged).expect("there is room");
    let steps = text.lines().filter(|line| line.trim_start().starts_with(char::is_numeric));
    // Each step that follows has a number too high, `x1` is no key, and what is shown is missing.
    let more = format!("and {} more errors", steps.count() + 1);
    let said = ["unknown key `show`", "there is `shows`", &more];
    refused(directory.path(), &["replay", "bad"], 65, &said);
    let step = ["step", "mine.toml", "--load", "bad"];
    refused(directory.path(), &step, 65, &["unknown key `show`"]);
}

#[test]
fn a_schedule_without_its_scenario_says_how_to_name_it() {
    let (directory, elsewhere) = (mine(), tempfile::tempdir().expect("there is room for files"));
    save(directory.path(), "mine.schedule");
    let (from, to) = (directory.path().join("mine.schedule"), elsewhere.path().join("far"));
    fs::copy(from, to).expect("there is room");
    refused(elsewhere.path(), &["replay", "far"], 2, &["scenario `mine`", "by --scenario"]);
    let scenario = directory.path().join("mine.toml");
    let scenario = scenario.to_str().expect("a plain path");
    assert_eq!(ghosthunt_in(elsewhere.path(), &["replay", "far", "--scenario", scenario]).0, 0);
}

#[test]
fn a_minimal_schedule_is_called_so() {
    let directory = mine();
    save(directory.path(), "short");
    let (code, stdout, _) = ghosthunt_in(directory.path(), &["minimise", "short"]);
    assert_eq!(code, 0);
    assert!(stdout.contains(": minimal already; none is shorter"), "{stdout}");
    let (code, stdout, _) =
        ghosthunt_in(directory.path(), &["minimise", "short", "--max-states", "5"]);
    assert_eq!(code, 0);
    assert!(stdout.contains("nothing was found to leave out; not proved"), "{stdout}");
}

#[test]
fn a_single_check_says_in_one_line_that_statements_never_ran() {
    let directory = mine();
    let (_, stdout, _) = ghosthunt_in(directory.path(), &ON_ONE);
    let last = stdout.lines().last().expect("there are lines");
    assert!(last.ends_with(" statements never ran here; --coverage lists them"), "{stdout}");
    let number: usize = last.split(' ').next().expect("a word").parse().expect("a number");
    let (_, stdout, _) = ghosthunt_in(directory.path(), &[&ON_ONE[..], &["--coverage"]].concat());
    let listed = stdout.split("\nNever run in ").skip(1);
    let listed = listed.flat_map(str::lines).filter(|line| line.starts_with("  "));
    assert_eq!(listed.count(), number, "{stdout}");
    assert!(!stdout.contains("--coverage lists"), "{stdout}");
}

#[test]
fn a_course_that_is_not_there_is_said() {
    let directory = mine();
    let start = "hand them out: ghosthunt course start DIR";
    refused(directory.path(), &["course", "check"], 2, &["none of the exercises' files", start]);
    refused(directory.path(), &["course", "check", "no"], 2, &["there is no directory `no`"]);
}

#[test]
fn the_list_takes_patterns_and_begins_with_the_story() {
    let here = Path::new(".");
    let names = |arguments: &[&str]| -> Vec<String> {
        let (code, stdout, stderr) = ghosthunt_in(here, arguments);
        assert_eq!((code, stderr.as_str()), (0, ""));
        let summary = stdout.lines().last().expect("a summary");
        let names = stdout.split("\n\n").next().expect("there is an entry").lines();
        let names: Vec<_> =
            names.filter(|line| !line.starts_with(' ')).map(str::to_string).collect();
        assert!(summary.starts_with(&format!("{} ", names.len())), "{summary}");
        names
    };
    let all = names(&["list"]);
    assert_eq!(all[..2], ["go/cgo-exit-1.14beta1", "go/cgo-exit-1.14"]);
    assert!(all[2].starts_with("go/") && all[2].contains("1.14"), "{}", all[2]);
    let go = all.iter().take_while(|name| name.starts_with("go/")).count();
    let family = names(&["list", "go/"]);
    assert_eq!((family.len(), &family), (go, &all[..go].to_vec()));
    assert_eq!(names(&["list", "go-*"]), family);
    let two = names(&["list", "webkit/", "*/cgo-exit-1.1?"]);
    assert!(two.iter().any(|name| name == "go/cgo-exit-1.14"), "{two:?}");
    assert!(two.iter().all(|name| name.starts_with("webkit/") || name.contains("cgo-exit-1.1")));
    let loader = names(&["list", "LOADER"]).len();
    assert!(loader > 0 && loader < all.len(), "{loader}");
    refused(here, &["list", "webkt/"], 2, &["no scenario fits `webkt/`; there is `webkit`"]);
}

#[cfg(unix)]
#[test]
fn an_interrupted_hunt_says_what_it_has_not_searched() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ghosthunt"))
        .args(["hunt", "go/1.27.3", "--kernel", "windows_10", "--kernel", "wine_8"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut table = String::new();
    // Once the head is printed, an interrupt is caught.
    stdout.read_line(&mut table).expect("there is a head");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("a kill").success());
    stdout.read_to_string(&mut table).expect("it is text");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let tally = table.lines().rev().nth(1).expect("a tally");
    assert!(tally.contains(" unsearched; "), "{tally}");
    assert!(table.ends_with("what it calls unsearched was not begun\n"), "{table}");
    let last_row = table
        .lines()
        .filter(|line| line.starts_with("  "))
        .find(|line| line.matches("unsearched").count() == 5 && line.trim_end().ends_with(" 0"));
    assert!(last_row.is_some(), "{table}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr, "go/1.27.3 on wine_8 was not begun: interrupted\n");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_text() {
    let directory = mine();
    for file in ["mine.ghost", "mine.toml"] {
        let path = directory.path().join(file);
        let text = fs::read_to_string(&path).expect("it was written");
        fs::write(&path, format!("\u{feff}{text}")).expect("there is room for files");
    }
    let (code, _, stderr) = ghosthunt_in(directory.path(), &["check", "mine.toml"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
}

#[test]
fn what_the_course_does_not_have_is_said() {
    let directory = mine();
    let here = directory.path();
    refused(here, &["course", "hint", "9.9"], 2, &["there is no exercise 9.9; they are 1.1, "]);
    refused(here, &["course", "start", "mine.toml"], 2, &["mine.toml is no directory"]);
}

#[test]
fn what_a_limit_leaves_unexplained_is_incomplete() {
    let directory = mine();
    let save = [&ON_ONE[..], &["--save", "g.schedule"]].concat();
    assert_eq!(ghosthunt_in(directory.path(), &save).0, 0);
    let explain = ["replay", "g.schedule", "--explain", "--max-states", "5"];
    refused(directory.path(), &explain, 21, &["cannot be searched whole within the limits"]);
}
