//! The page as Markdown, with its diagrams as SVG files beside it: what a code host renders.

use super::super::endless::live_words;
use super::super::rows::rows;
use super::{Lesson, Scene, states, words};
use std::fmt::Write as _;

/// `STEM.md`, and the diagrams.
pub(super) fn files(lesson: &Lesson, stem: &str) -> Vec<(String, String)> {
    let scene = &lesson.main;
    let checked = scene.checked;
    let (title, about) = words::title(checked);
    let mut text = format!(
        "# {}\n\n`{}`: **{}**\n\n",
        escape(title),
        scene.name(),
        escape(&words::verdict(checked))
    );
    if !about.is_empty() {
        let _ = writeln!(text, "{}\n", escape(about));
    }
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
    if let Some(diagram) = lesson.diagram("main") {
        let _ = writeln!(text, "{}.\n", escape(&words::schedule(scene)));
        if let Some(words) = words::no_return(scene) {
            let _ = writeln!(text, "**{}**\n", escape(&words));
        }
        let _ = writeln!(text, "![Sequence diagram, the steps are listed below]({stem}.svg)\n");
        files.push((format!("{stem}.svg"), diagram));
        text += &steps(scene);
        if let Some((heading, ways)) = words::passed_by(scene) {
            let _ = writeln!(text, "\n**{heading}**\n");
            ways.iter().for_each(|way| text += &format!("* {}\n", escape(way)));
        }
    }
    if let Some(drawing) = states::svg(scene, "main-states") {
        let _ = writeln!(
            text,
            "\n## The state graph\n\nAll {} states of the cast{}; thick, the way of the schedule.\n\n\
             ![State graph]({stem}-states.svg)",
            scene.view.nodes.len(),
            if scene.promise { ", told apart by whether the promise is pending" } else { "" }
        );
        files.push((format!("{stem}-states.svg"), drawing));
    }
    if let (Some((fixed, _)), Some((diagram, parting))) = (&lesson.fixed, lesson.fixed("fix")) {
        let _ = writeln!(
            text,
            "\n## The same cast with the fix\n\n**{}**: {}. {}\n\n{}\n\n\
             ![Sequence diagram, the steps are listed below]({stem}-fixed.svg)\n",
            fixed.name(),
            words::verdict(fixed.checked),
            words::searched(fixed.checked),
            parting,
        );
        files.push((format!("{stem}-fixed.svg"), diagram));
        text += &steps(fixed);
    }
    files.insert(0, (format!("{stem}.md"), text));
    files
}

fn steps(scene: &Scene) -> String {
    let program = scene.run.program;
    let actor =
        |column: usize| program.threads.get(column).map_or("kernel", |thread| thread.name.as_str());
    let prospects = scene.explained.as_ref().map_or(&[][..], |explained| &explained.prospects);
    let mut text =
        words::danger(scene).map_or(String::new(), |words| format!("{}\n\n", escape(&words)));
    // What follows from a step is told of schedules to what is to be avoided.
    let (more, rule, none) = match prospects {
        [] => ("", "", ""),
        _ => (" so that | danger |", "---|--:|", " | |"),
    };
    let _ = writeln!(text, "| # | who | does | changes |{more}\n|--:|---|---|---|{rule}");
    if let Some(start) = prospects.first() {
        let _ = writeln!(text, "| | | *at the start* | | | {} |", words::percent(start.danger));
    }
    for row in rows(&scene.run) {
        let Some(number) = row.number else { continue };
        if let Some(words) = &row.above {
            let _ = writeln!(text, "| | | **↻ {words}** | |{none}");
        }
        let notes = row.notes.iter().map(|(thread, note)| format!("*{} {note}*", actor(*thread)));
        let turns = row.turns.map(|(steps, turns)| match steps {
            1 => format!(" × {turns} turns"),
            _ => format!(" (the last {steps} lines × {turns} turns)"),
        });
        let changes: Vec<_> =
            notes.chain(row.changes.iter().map(|change| escape(change))).collect();
        let _ = write!(
            text,
            "| {number} | {} | {}{} | {} |",
            actor(row.actor),
            code(&row.text),
            turns.unwrap_or_default(),
            changes.join(", ")
        );
        if let Some(prospect) = prospects.get(number) {
            let follows = escape(&prospect.words().join("; "));
            let _ = write!(text, " {follows} | {} |", words::percent(prospect.danger));
        }
        text.push('\n');
        if let Some(words) = &row.below {
            let _ = writeln!(text, "| | | **↻ {words}** | |{none}");
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
