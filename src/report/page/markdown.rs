//! The page as Markdown, with its diagrams as SVG files beside it: what a code host renders.

use super::super::endless::live_words;
use super::super::rows::rows;
use super::diagram::svg;
use super::{Lesson, Scene, states, words};
use std::fmt::Write as _;

/// `STEM.md`, and the diagrams.
pub(super) fn files(lesson: &Lesson, stem: &str) -> Vec<(String, String)> {
    let scene = &lesson.main;
    let checked = scene.checked;
    let mut text = format!("# {}: {}\n\n", scene.name(), words::verdict(checked));
    let _ = writeln!(text, "{}\n", escape(&checked.scenario.about));
    let ends = match words::ends(checked) {
        ends if ends.is_empty() => ends,
        ends => format!(" Ends: {}.", escape(&ends)),
    };
    let _ = writeln!(text, "{}{ends}\n", words::searched(checked));
    for words in live_words(checked) {
        let _ = writeln!(text, "{words}.\n");
    }
    if let Some(source) = &checked.scenario.source {
        let _ = writeln!(text, "On record: {}\n", escape(source));
    }
    text += "## The cast\n\n";
    let header = words::header(checked);
    if !header.is_empty() {
        let _ = writeln!(text, "{}\n", escape(&header));
    }
    for (name, runs, doc) in words::cast(checked) {
        let _ = writeln!(text, "* **{name}** `{runs}` {}", escape(&doc));
    }
    text += "\n## The schedule\n\n";
    let mut files = Vec::new();
    if !scene.run.steps.is_empty() {
        let _ = writeln!(text, "{}.\n", escape(&words::schedule(scene)));
        if let Some(words) = words::no_return(scene) {
            let _ = writeln!(text, "**{}**\n", escape(&words));
        }
        let mark = scene.no_return.map(|step| (step, "⚠ point of no return"));
        let _ = writeln!(text, "![Sequence diagram, the steps are listed below]({stem}.svg)\n");
        files.push((format!("{stem}.svg"), svg(scene, "main", mark)));
        text += &steps(scene);
    }
    if let Some(drawing) = states::svg(scene, "main-states") {
        let _ = writeln!(
            text,
            "\n## The state graph\n\nAll {} states of the cast; thick, the way of the schedule.\n\n\
             ![State graph]({stem}-states.svg)",
            scene.view.nodes.len()
        );
        files.push((format!("{stem}-states.svg"), drawing));
    }
    if let Some((fixed, parting)) = &lesson.fixed {
        let _ = writeln!(
            text,
            "\n## The same cast with the fix\n\n**{}**: {}. {}\n\n{}\n\n\
             ![Sequence diagram, the steps are listed below]({stem}-fixed.svg)\n",
            fixed.name(),
            words::verdict(fixed.checked),
            words::searched(fixed.checked),
            words::parting(parting),
        );
        let mark = parting.forbidden.as_ref().map(|forbidden| {
            let words = format!("✓ step {} of the schedule cannot happen here", forbidden.step);
            (parting.followed, words)
        });
        let mark = mark.as_ref().map(|(step, words)| (*step, words.as_str()));
        files.push((format!("{stem}-fixed.svg"), svg(fixed, "fix", mark)));
        text += &steps(fixed);
    }
    files.insert(0, (format!("{stem}.md"), text));
    files
}

fn steps(scene: &Scene) -> String {
    let program = scene.run.program;
    let actor =
        |column: usize| program.threads.get(column).map_or("kernel", |thread| thread.name.as_str());
    let mut text = String::from("| # | who | does | changes |\n|--:|---|---|---|\n");
    for row in rows(&scene.run) {
        let Some(number) = row.number else { continue };
        if let Some(words) = &row.above {
            let _ = writeln!(text, "| | | **↻ {words}** | |");
        }
        let notes = row.notes.iter().map(|(thread, note)| format!("*{} {note}*", actor(*thread)));
        let turns = row.turns.map(|(steps, turns)| match steps {
            1 => format!(" × {turns} turns"),
            _ => format!(" (the last {steps} lines × {turns} turns)"),
        });
        let changes: Vec<_> =
            notes.chain(row.changes.iter().map(|change| escape(change))).collect();
        let _ = writeln!(
            text,
            "| {number} | {} | {}{} | {} |",
            actor(row.actor),
            code(&row.text),
            turns.unwrap_or_default(),
            changes.join(", ")
        );
        if let Some(words) = &row.below {
            let _ = writeln!(text, "| | | **↻ {words}** | |");
        }
    }
    let (heading, over) = words::over(scene);
    let _ = writeln!(text, "\n{heading}\n");
    for (thread, words) in program.threads.iter().zip(&over) {
        let _ = writeln!(text, "* **{}** {words}", thread.name);
    }
    text
}

/// A code span in a table: a bar would end its cell.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}

/// Text in which Markdown sees no markup.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, '*' | '_' | '<' | '>' | '|' | '`' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
