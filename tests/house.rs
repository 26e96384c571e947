//! The structure of the code, and the style that a machine can check.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms each room may use: the table of ARCHITECTURE.md.
const ROOMS: [(&str, &[&str]); 14] = [
    ("program", &[]),
    ("machine", &["program"]),
    ("language", &["program", "machine"]),
    ("search", &["program", "machine"]),
    ("schedule", &["program", "machine", "language", "search"]),
    ("graph", &["program", "machine", "search", "schedule"]),
    ("export", &["program", "machine", "schedule", "graph"]),
    ("scenario", &["program", "language", "search"]),
    ("engines", &["program", "machine", "search", "schedule"]),
    ("mutate", &["program", "machine", "language", "search", "scenario"]),
    (
        "report",
        &["program", "machine", "language", "search", "schedule", "graph", "scenario", "mutate"],
    ),
    ("terminal", &["program", "machine", "schedule", "report"]),
    (
        "course",
        &["program", "language", "search", "schedule", "scenario", "engines", "mutate", "report"],
    ),
    (
        "cli",
        &[
            "program", "machine", "language", "search", "schedule", "graph", "export", "scenario",
            "engines", "mutate", "report", "terminal", "course",
        ],
    ),
];

const LINES_MAX: usize = 600;

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the project") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                found.push((path.strip_prefix(root).expect("inside").to_path_buf(), text));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn arrows_between_rooms_run_down() {
    let rooms: BTreeMap<&str, &[&str]> = ROOMS.into_iter().collect();
    for (path, text) in sources("src") {
        let room = path.components().nth(1).expect("a room").as_os_str().to_string_lossy();
        let Some(may_use) = rooms.get(&*room) else {
            assert!(room.ends_with(".rs"), "{room} is not in the table of rooms");
            continue;
        };
        for (_, used) in
            text.match_indices("crate::").map(|(at, word)| (at, &text[at + word.len()..]))
        {
            let used: String =
                used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let allowed = used == *room || may_use.contains(&used.as_str());
            assert!(allowed || !rooms.contains_key(&*used), "{}: uses {used}", path.display());
        }
    }
}

#[test]
fn files_are_rooms_not_halls() {
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{} has {lines} lines", path.display());
    }
}

#[test]
fn every_source_file_says_what_it_is() {
    for (path, text) in sources("src") {
        assert!(text.starts_with("//!"), "{} does not begin with what it is", path.display());
    }
}
