//! What was meant by the name of a scenario that is not there: another kind of file, or several.

use crate::scenario::{built_in_models, built_in_scenarios};
use crate::schedule;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// Names that are shown as examples.
const SHOWN: usize = 3;

/// What the name names instead, and what to do with that; `None` if it names nothing.
pub(super) fn instead(name: &str) -> Option<String> {
    let path = Path::new(name);
    if path.is_dir() {
        let scenarios = scenarios_in(path);
        return Some(match scenarios.is_empty() {
            true => format!("`{name}` is a directory, and no scenario stands in it"),
            false => {
                format!("`{name}` is a directory; name one of its files: {}", some(&scenarios))
            }
        });
    }
    if path.is_file() {
        return Some(file(name, path));
    }
    if built_in_models().iter().any(|(model, _)| *model == name) {
        let line = format!("\"{name}\"");
        let users = built_in_scenarios().iter().filter(|(_, text)| {
            text.lines().any(|text| text.starts_with("model") && text.contains(&line))
        });
        let users: Vec<String> = users.map(|(user, _)| (*user).to_string()).collect();
        let users = match users.is_empty() {
            true => String::new(),
            false => format!("; its scenarios: {}", some(&users)),
        };
        return Some(format!("`{name}` is a model, and no scenario{users}"));
    }
    let family = format!("{}/", name.trim_end_matches('/'));
    let number =
        built_in_scenarios().iter().filter(|(known, _)| known.starts_with(&family)).count();
    (number > 0).then(|| {
        format!("`{name}` is a family of {number} scenarios; `ghosthunt list {family}` lists them")
    })
}

/// What to do with a file that is no scenario.
fn file(name: &str, path: &Path) -> String {
    if begins(path, schedule::MAGIC.as_bytes()) {
        return format!("`{name}` is a schedule; `ghosthunt replay {name}` replays it");
    }
    if path.extension().is_some_and(|extension| extension == "ghost") {
        let scenario = path.with_extension("toml");
        let what = format!("`{name}` is a model, and a scenario says who runs it");
        return match scenario.is_file() {
            true => format!("{what}: name `{}`", scenario.display()),
            false => format!("{what}; `ghosthunt new NAME` writes both, to write your own over"),
        };
    }
    format!("`{name}` is no scenario, which is a `.toml` file; `ghosthunt new NAME` writes one")
}

/// Whether the file begins with these bytes; however long it is, no more of it is read.
fn begins(path: &Path, bytes: &[u8]) -> bool {
    let mut begin = vec![0; bytes.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    read.is_ok() && begin == bytes
}

/// The scenario files of a directory, by name. Descriptions of hunts and of mutants are none.
fn scenarios_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let files = entries.map(|entry| entry.path().display().to_string());
    let other = |name: &str| name.ends_with("hunt.toml") || name.ends_with(".mutate.toml");
    let mut files: Vec<_> = files.filter(|name| name.ends_with(".toml") && !other(name)).collect();
    files.sort();
    files
}

/// The first few names, and how many more there are.
fn some(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
