//! Judging what is handed in.

use super::lab::{Lab, Tried, built_in};
use super::{Answered, Asks, Exercise, Hole, Hunted, Specified, rules};
use crate::language::{Diagnostic, Errors, Library, Spanned};
use crate::program::{Sources, Span};
use crate::report::text::{count, plural};
use crate::scenario::{Models, Scenario, SplitName, UnmetKind, finding_name};
use crate::schedule::{Replay, Schedule, replay};
use crate::search::{Completeness, Limits};
use std::path::Path;
use std::{fs, io};

/// What was handed in.
#[derive(Debug, Clone)]
pub struct Given {
    /// What diagnostics call the file.
    pub file: String,
    /// Its text.
    pub text: String,
}

/// What became of it.
#[derive(Debug)]
pub enum Judged {
    /// It is right, and why.
    Solved(String),
    /// It is not.
    Wrong(Box<Wrong>),
    /// It cannot be read, does not compile, or does what it may not.
    Bad(Errors),
}

/// Why a solution is none.
#[derive(Debug)]
pub struct Wrong {
    /// What kind of mistake it is.
    pub kind: UnmetKind,
    /// What is wrong, in a sentence.
    pub words: String,
    /// The check that shows it.
    pub shown: Option<Tried>,
}

/// Reads what is handed in for `exercise` from a directory; `None` if there is nothing.
///
/// # Errors
/// If there is a file, and it cannot be read.
pub fn read(exercise: &Exercise, directory: &Path) -> io::Result<Option<Given>> {
    let path = directory.join(exercise.file());
    match fs::read_to_string(&path) {
        Ok(text) => {
            let file = path.display().to_string();
            let file = file.strip_prefix("./").unwrap_or(&file).to_string();
            Ok(Some(Given { file, text }))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Judges a solution by what the search says of it.
pub fn judge(exercise: &Exercise, given: &Given, lab: &Lab) -> Judged {
    match &exercise.asks {
        Asks::Model(hole) => model(exercise, hole, given, lab),
        Asks::Schedule(hunted) => schedule(hunted, given, lab),
        Asks::Property(specified) => property(specified, given, lab),
        Asks::Answer(answered) => answer(exercise, answered, given, lab),
    }
}

/// A solution that is right has fewer states by far; one that piles suspensions up has no end of them.
const STATES_MAX: u64 = 4_000_000;

fn wrong(kind: UnmetKind, words: impl Into<String>) -> Judged {
    Judged::Wrong(Box::new(Wrong { kind, words: words.into(), shown: None }))
}

/// The models that are built in, and the solution in the place of the handout.
struct WithSolution<'a> {
    name: &'a str,
    given: &'a Given,
    models: Models,
}

impl Library for WithSolution<'_> {
    fn model(&self, name: &str) -> Option<(String, String)> {
        match name == self.name {
            true => Some((self.given.file.clone(), self.given.text.clone())),
            false => self.models.model(name),
        }
    }

    fn names(&self) -> Vec<String> {
        self.models.names()
    }
}

/// Every cast on every kernel; the gravest difference is told, of several the first.
fn model(exercise: &Exercise, hole: &Hole, given: &Given, lab: &Lab) -> Judged {
    let mut sources = Sources::default();
    let file = sources.add(given.file.clone(), given.text.clone());
    let broken = rules::broken(hole, hole.handout, &given.text, file);
    if !broken.is_empty() {
        return Judged::Bad(Errors { sources, diagnostics: broken });
    }
    let models = Models::default();
    let library = WithSolution { name: exercise.name, given, models };
    let states_max = lab.limits.states.map_or(STATES_MAX, |states| states.min(STATES_MAX));
    let limits = Limits { states: Some(states_max), ..lab.limits };
    let (mut checks, mut states, mut failed) = (0, 0, Vec::new());
    for (name, text) in hole.casts {
        let scenario = Scenario::parse(name, &format!("{name}.toml"), text);
        let scenario = scenario.unwrap_or_else(|_| panic!("{name}.toml cannot be read"));
        for kernel in scenario.kernel_names() {
            let check = match scenario.compile_with(kernel, &[], &library) {
                Ok(check) => check,
                Err(errors) => return Judged::Bad(errors),
            };
            let tried = lab.search_within(&limits, scenario.clone(), check);
            checks += 1;
            states += tried.report.states;
            if let Some(kind) = tried.checked().judgement.gravest() {
                failed.push((kind, tried));
            }
        }
    }
    failed.sort_by_key(|(kind, _)| *kind);
    match failed.into_iter().next() {
        None => {
            let (checks, states) = (plural(checks, "check"), plural(states, "state"));
            Judged::Solved(format!("proved in {checks}: all {states} were searched"))
        }
        Some((kind, tried)) => {
            let words = words_of(kind, &tried);
            Judged::Wrong(Box::new(Wrong { kind, words, shown: Some(tried) }))
        }
    }
}

/// What is wrong with a protocol, as one says it to a student.
fn words_of(kind: UnmetKind, tried: &Tried) -> String {
    let checked = tried.checked();
    let name = checked.check.program.check_name();
    let found = checked.told_first().map(|found| finding_name(&found.what, &tried.check.program));
    match (kind, found) {
        (UnmetKind::BadEnd, Some("ghost")) => {
            format!("your protocol still leaves a ghost in {name}; here is the schedule")
        }
        (UnmetKind::BadEnd, Some(end)) => {
            format!("your protocol can hang (`{end}`) in {name}; here is the schedule")
        }
        (UnmetKind::Safety, Some("range")) => {
            format!("a value leaves the range of its variable in {name}; here is the schedule")
        }
        (UnmetKind::Safety, Some(found)) => {
            format!("`{found}` fails in {name}; here is the schedule")
        }
        (UnmetKind::Liveness, Some(found)) => {
            format!("`{found}` fails in {name}: a run need never get there; here is one")
        }
        (UnmetKind::Vacuous, _) => {
            let goal = checked.judgement.unmet.first().map_or("", |unmet| unmet.text.as_str());
            format!("nothing goes wrong in {name}, but nothing useful happens either: {goal}")
        }
        (UnmetKind::Incomplete, _) => format!(
            "{name} has more than {} states: nothing goes wrong in those, but the search gave up. A \
             solution needs far fewer; does each suspension have its end?",
            count(tried.report.states)
        ),
        _ => {
            let unmet = checked.judgement.unmet.first().map_or("", |unmet| unmet.text.as_str());
            format!("{name}: {unmet}")
        }
    }
}

fn schedule(hunted: &Hunted, given: &Given, lab: &Lab) -> Judged {
    let mut read = match Schedule::parse(&given.file, &given.text) {
        Ok(read) => read,
        Err(errors) => return Judged::Bad(errors),
    };
    let wanted = SplitName::parse(hunted.scenario);
    let kernel = read.kernel.clone();
    if read.scenario != wanted.scenario
        || wanted.kernel.is_some_and(|k| kernel.as_deref() != Some(k))
    {
        let of = read.scenario + &kernel.map_or(String::new(), |kernel| format!("@{kernel}"));
        let words = format!("this is a schedule of {of}; one of {} is wanted", hunted.scenario);
        return wrong(UnmetKind::Different, words);
    }
    if !read.set.is_empty() {
        return wrong(
            UnmetKind::Different,
            "the schedule sets options; the cast is to stay as it is",
        );
    }
    let at = kernel.map_or(wanted.scenario.to_string(), |k| format!("{}@{k}", wanted.scenario));
    let known = built_in(wanted.scenario);
    if !known.kernel_names().contains(&read.kernel.as_deref()) {
        return wrong(UnmetKind::Different, format!("{} does not run on {at}", wanted.scenario));
    }
    let tried = lab.tried(&at);
    // What it shows is decided here, whatever its header says.
    read.shows = hunted.shows.to_string();
    let replayed = match replay(&tried.check.program, &read) {
        Ok(replayed) => replayed,
        Err(error) => return Judged::Bad(error.in_text(&read)),
    };
    let Some(shortest) = tried.schedule(hunted.shows) else {
        return wrong(UnmetKind::Incomplete, "the search was interrupted");
    };
    walked(hunted, &replayed, shortest.len())
}

/// Whether a schedule that fits goes the way it should.
fn walked(hunted: &Hunted, replayed: &Replay, shortest: usize) -> Judged {
    let steps = replayed.run.steps.len();
    for (actor, owner) in hunted.passes {
        let passes = replayed.run.steps.iter().any(|taken| {
            taken.words.actor == *actor && taken.words.place.split(':').next() == Some(owner)
        });
        if !passes {
            let words = format!(
                "it gets to `{}`, but {actor} takes no step in `{owner}` on the way",
                hunted.shows
            );
            return wrong(UnmetKind::Different, words);
        }
    }
    match hunted.longer.map(|longer| shortest + longer) {
        Some(most) if steps > most => wrong(
            UnmetKind::Different,
            format!("it gets to `{}` in {steps} steps; at most {most} are wanted", hunted.shows),
        ),
        _ => Judged::Solved(format!("it gets to `{}` in {steps} steps", hunted.shows)),
    }
}

fn property(specified: &Specified, given: &Given, lab: &Lab) -> Judged {
    let (line, start) = match answer_line(given) {
        Ok(Some(found)) => found,
        Ok(None) => return wrong(UnmetKind::Different, "there is no property in it yet"),
        Err(errors) => return Judged::Bad(errors),
    };
    if !specified.begins.iter().any(|word| line.split_whitespace().next() == Some(word)) {
        let words = format!("it is to begin with `{}`", specified.begins.join("` or `"));
        return wrong(UnmetKind::Different, words);
    }
    let breaks = specified.breaks.iter().map(|reference| (*reference, false));
    for (reference, must_hold) in std::iter::once((specified.holds, true)).chain(breaks) {
        let split = SplitName::parse(reference);
        let mut scenario = built_in(split.scenario);
        let file = scenario.sources.add(given.file.clone(), given.text.clone());
        let span = Span { file, start: start as u32, end: (start + line.len()) as u32 };
        scenario.properties = vec![Spanned { value: line.to_string(), span }];
        scenario.expect.violates.clear();
        let check = match scenario.compile(split.kernel, &[]) {
            Ok(check) => check,
            Err(errors) => return Judged::Bad(errors),
        };
        let index = check.program.properties.len() - 1;
        let name = check.program.properties[index].name.clone();
        let tried = lab.search(scenario, check);
        if tried.report.completeness != Completeness::Exhaustive {
            return wrong(UnmetKind::Incomplete, format!("{reference} was not searched whole"));
        }
        let fails = tried
            .report
            .violations
            .iter()
            .any(|found| finding_name(&found.what, &tried.check.program) == name);
        let begun = tried.report.liveness.iter().all(|live| live.triggered);
        let (kind, words) = match (fails, must_hold, begun) {
            (true, true, _) => {
                (UnmetKind::Liveness, format!("it fails in {reference}, and is to hold there"))
            }
            (false, false, _) => {
                (UnmetKind::Different, format!("it holds in {reference} too, and is to fail there"))
            }
            (_, true, false) => {
                (UnmetKind::Vacuous, format!("what it begins with never holds in {reference}"))
            }
            _ => continue,
        };
        let shown = fails.then_some(tried);
        return Judged::Wrong(Box::new(Wrong { kind, words, shown }));
    }
    let Specified { holds, breaks, .. } = specified;
    Judged::Solved(format!("it holds in {holds}, and fails in {}", breaks.join(" and ")))
}

fn answer(exercise: &Exercise, answered: &Answered, given: &Given, lab: &Lab) -> Judged {
    let (line, start) = match answer_line(given) {
        Ok(Some((line, start))) => (line.split('#').next().unwrap_or(line).trim(), start),
        Ok(None) => {
            let words = format!("there is no answer in it yet. {}", exercise.hint);
            return wrong(UnmetKind::Different, words);
        }
        Err(errors) => return Judged::Bad(errors),
    };
    let Some(right) = (answered.answer)(lab) else {
        return wrong(UnmetKind::Incomplete, "the search was interrupted");
    };
    let is_right = match (number(&right), number(line)) {
        (Some(right), Some(said)) => right == said,
        (Some(_), None) => {
            let mut errors =
                error_at(given, (start, line.len()), "the answer is one number, in digits");
            let plain = errors.diagnostics.pop().expect("there is one");
            errors.diagnostics.push(plain.help(exercise.hint));
            return Judged::Bad(errors);
        }
        (None, _) => word(line) == word(&right),
    };
    match is_right {
        true => Judged::Solved(format!("{line}: as the search says")),
        false => wrong(UnmetKind::Different, format!("`{line}` is not it. {}", exercise.hint)),
    }
}

/// A whole number, with or without a sign between groups of three digits: `1234`, `1,234`, `1 234`.
fn number(answer: &str) -> Option<u64> {
    let answer = answer.trim_matches(['`', '"', '\'', '.']);
    let separator = answer.chars().find(|sign| !sign.is_ascii_digit());
    let groups: Vec<&str> = match separator {
        None => vec![answer],
        Some(sign) if " ,_'\u{a0}\u{202f}\u{2019}".contains(sign) => answer.split(sign).collect(),
        Some(_) => return None,
    };
    let (first, rest) = groups.split_first()?;
    let grouped = rest.is_empty() || (1..=3).contains(&first.len());
    let whole = grouped && rest.iter().all(|group| group.len() == 3);
    let digits = groups.concat();
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole && plain { digits.parse().ok() } else { None }
}

/// A name without what has no meaning in it: `Windows 2003` is `windows_2003`.
fn word(answer: &str) -> String {
    answer.to_lowercase().replace([' ', '_', '-', '`', '"', '\'', '.'], "")
}

/// The one line that is no comment, and where it begins; `None` if all are.
fn answer_line(given: &Given) -> Result<Option<(&str, usize)>, Errors> {
    let mut found = None;
    let mut start = 0;
    for line in given.text.split_inclusive('\n') {
        // Some editors begin a file with a byte order mark.
        let trimmed = line.trim_start_matches('\u{feff}').trim();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            let at = start + line.find(trimmed).unwrap_or(0);
            if found.replace((trimmed, at)).is_some() {
                let span = (at, trimmed.len());
                return Err(error_at(given, span, "there is an answer in the lines above already"));
            }
        }
        start += line.len();
    }
    Ok(found)
}

/// What is wrong with so many bytes from a place on.
fn error_at(given: &Given, (start, length): (usize, usize), message: &str) -> Errors {
    let mut sources = Sources::default();
    let file = sources.add(given.file.clone(), given.text.clone());
    let span = Span { file, start: start as u32, end: (start + length) as u32 };
    Errors { sources, diagnostics: vec![Diagnostic::error(message, span, "")] }
}

#[cfg(test)]
mod tests {
    use super::{number, word};

    #[test]
    fn numbers_and_names_are_read_as_they_are_usually_written() {
        for same in ["1234", "1,234", "1 234", "1_234", "1'234", "`1234`", "1\u{202f}234.", "01234"]
        {
            assert_eq!(number(same), Some(1234), "{same}");
        }
        for none in ["", "1,4", "12,34", "1,2345", "12.5", "1234 steps", "~14", "1,234 567", "-3"] {
            assert_eq!(number(none), None, "{none}");
        }
        for same in ["windows_2003", "Windows 2003", "`windows-2003`"] {
            assert_eq!(word(same), word("windows_2003"), "{same}");
        }
        assert_ne!(word("windows_10"), word("windows_2003"));
    }
}
