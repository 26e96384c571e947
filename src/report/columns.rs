//! A schedule as people read one: time runs down, one column a thread and one for the kernel.
//!
//! ```text
//!  #  main                  sysmon                    kernel         changes
//!  1  │                     preemptM: lock(suspendL…                 suspendLock: free→sysmon
//!  7  suspended             │                         deliver(main)  stopped[main]: true
//!  8  ┆                     GetThreadContext(t)
//! ```
//!
//! A thread's column is `│` while it goes on, `┆` while it is held (suspended, say), and empty once
//! it is over. Values stand beside the step that changed them, a thread's own included; history
//! variables stand in parentheses. A spin loop is one turn and how often it was taken. Where there
//! are too many threads for the width, the schedule is a list.

use super::rows::{Lifeline, Row, rows};
use super::style::{FAINT, NOTE, STRONG, paint};
use super::text::{count, pad, wrap};
use crate::schedule::Run;
use anstyle::Style;
use unicode_width::UnicodeWidthStr;

/// No column is narrower than this.
const COLUMN_MIN: usize = 12;
/// Between two columns.
const GAP: usize = 2;
/// A cell is cut off below so many lines.
const CELL_LINES_MAX: usize = 3;

/// A line of a cell: what it says, and how it is coloured.
type CellLine = (String, Style);

/// A longer schedule is drawn without its middle: half of these rows at either end.
const ROWS_MAX: usize = 400;

/// Draws `run` in at most `width` columns of text.
pub fn columns(run: &Run, width: usize) -> String {
    let mut rows = rows(run);
    let left_out = rows.len().saturating_sub(ROWS_MAX);
    if left_out == 0 {
        return draw(run, &rows, width);
    }
    let end = rows.split_off(rows.len() - ROWS_MAX / 2);
    rows.truncate(ROWS_MAX / 2);
    format!(
        "{}\n… {} rows left out: a saved schedule has them all …\n\n{}",
        draw(run, &rows, width),
        count(left_out as u64),
        draw(run, &end, width)
    )
}

fn draw(run: &Run, rows: &[Row], width: usize) -> String {
    let mut heads: Vec<String> =
        run.program.threads.iter().map(|thread| thread.name.clone()).collect();
    heads.push("kernel".to_string());
    heads.push("changes".to_string());
    let number_width = run.steps.len().to_string().len().max(2);
    let mut natural: Vec<_> = heads.iter().map(|head| head.width()).collect();
    for row in rows {
        for (widest, cell) in natural.iter_mut().zip(cells(row, None)) {
            let cell_width = cell.iter().map(|(line, _)| line.width()).max().unwrap_or(0);
            *widest = cell_width.max(*widest);
        }
    }
    // Without a kernel there is no column for it, and nothing to say means no column for changes.
    let threads = run.program.threads.len();
    let shown: Vec<bool> = (0..heads.len())
        .map(|column| {
            column < threads || rows.iter().any(|row| !cells(row, None)[column].is_empty())
        })
        .collect();
    natural.iter_mut().zip(&shown).for_each(|(width, shown)| *width *= usize::from(*shown));
    let gaps = GAP * shown.iter().filter(|&&shown| shown).count();
    match share(&natural, width.saturating_sub(number_width + gaps)) {
        Some(widths) => {
            let heads = heads.into_iter().map(|head| vec![(head, STRONG)]).collect();
            let mut text = lines("#", number_width, heads, &widths);
            for row in rows {
                text += &cycle_mark(number_width, row.above.as_deref());
                let number = row.number.map_or(String::new(), |number| number.to_string());
                text += &lines(&number, number_width, cells(row, Some(&widths)), &widths);
                text += &cycle_mark(number_width, row.below.as_deref());
            }
            text
        }
        None => list(rows, &heads, width, number_width),
    }
}

/// A line that marks where a cycle begins or ends.
fn cycle_mark(number_width: usize, words: Option<&str>) -> String {
    let indent = " ".repeat(number_width + GAP);
    words.map_or(String::new(), |words| format!("{indent}{}\n", paint(NOTE, &format!("↻ {words}"))))
}

/// The widths of columns that are as wide as `natural` if there is room. Wide ones give way first.
/// `None` if there is too little room for all.
fn share(natural: &[usize], room: usize) -> Option<Vec<usize>> {
    let cut = |limit: usize| natural.iter().map(|&width| width.min(limit)).collect::<Vec<_>>();
    let fits = |limit: &usize| cut(*limit).iter().sum::<usize>() <= room;
    let widest = natural.iter().copied().max().unwrap_or(0);
    let limit = (COLUMN_MIN.min(widest)..=widest).rev().find(fits)?;
    let mut widths = cut(limit);
    // What the common limit leaves over goes to the columns that need it, from the left.
    let mut spare = room - widths.iter().sum::<usize>();
    for (width, wanted) in widths.iter_mut().zip(natural) {
        let more = spare.min(wanted - *width);
        *width += more;
        spare -= more;
    }
    Some(widths)
}

/// The cells of a row, one a thread, the kernel's and the changes, wrapped to `widths` if given.
fn cells(row: &Row, widths: Option<&[usize]>) -> Vec<Vec<CellLine>> {
    let threads = row.lines.len();
    let mut cells = vec![Vec::new(); threads + 2];
    let mut add = |column: usize, text: &str, style: Style| {
        let lines = match widths {
            Some(widths) => wrap(text, widths[column], CELL_LINES_MAX),
            None => vec![text.to_string()],
        };
        cells[column].extend(lines.into_iter().map(|line| (line, style)));
    };
    if !row.text.is_empty() {
        add(row.actor, &row.text, Style::new());
    }
    if let Some((steps, turns)) = row.turns {
        let what = if steps == 1 { String::new() } else { format!("the last {steps} lines ") };
        add(row.actor, &format!("{what}× {turns} turns"), NOTE);
    }
    for (thread, note) in &row.notes {
        add(*thread, note, NOTE);
    }
    if !row.changes.is_empty() {
        match widths {
            Some(widths) => {
                for line in fill(&row.changes, widths[threads + 1]) {
                    add(threads + 1, &line, FAINT);
                }
            }
            None => add(threads + 1, &row.changes.join(", "), FAINT),
        }
    }
    if widths.is_some() {
        for (thread, line) in row.lines.iter().enumerate() {
            if cells[thread].is_empty() {
                let mark = match line {
                    Lifeline::Goes => "│",
                    Lifeline::Held => "┆",
                    Lifeline::Over => "",
                };
                cells[thread].push((mark.to_string(), FAINT));
            }
        }
    }
    cells
}

/// Changes in lines of at most `width`, none of them broken unless it is too long for a line.
fn fill(changes: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for change in changes {
        match lines.last_mut() {
            Some(line) if line.width() + 2 + change.width() <= width => {
                line.push_str(", ");
                line.push_str(change);
            }
            _ => lines.push(change.clone()),
        }
    }
    lines
}

/// The lines of one row.
fn lines(number: &str, number_width: usize, cells: Vec<Vec<CellLine>>, widths: &[usize]) -> String {
    let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let mut text = String::new();
    for line in 0..height {
        let number = if line == 0 { number } else { "" };
        let gap = " ".repeat(number_width.saturating_sub(number.width()));
        let mut drawn = paint(FAINT, &format!("{gap}{number}"));
        let mut blank = 0;
        for (cell, &width) in cells.iter().zip(widths).filter(|&(_, &width)| width > 0) {
            let (content, style) = match cell.get(line) {
                Some((content, style)) => (content.as_str(), *style),
                // A lifeline goes on beside a step that takes several lines.
                None => match cell.last() {
                    Some((last, style)) if last == "│" || last == "┆" => {
                        (last.as_str(), *style)
                    }
                    _ => ("", Style::new()),
                },
            };
            blank += GAP;
            if !content.is_empty() {
                drawn += &" ".repeat(blank);
                drawn += &paint(style, content);
                blank = 0;
            }
            blank += width.saturating_sub(content.width());
        }
        text += &drawn;
        text.push('\n');
    }
    text
}

/// The schedule as a list, for casts that are too large for columns.
fn list(rows: &[Row], heads: &[String], width: usize, number_width: usize) -> String {
    let actor_width = heads[..heads.len() - 1].iter().map(|head| head.width()).max().unwrap_or(0);
    let indent = number_width + 2 * GAP + actor_width;
    let room = width.saturating_sub(indent).max(COLUMN_MIN);
    let mut text = String::new();
    for row in rows {
        text += &cycle_mark(number_width, row.above.as_deref());
        let number = row.number.map_or(String::new(), |number| number.to_string());
        let gap = " ".repeat(number_width.saturating_sub(number.width()));
        let actor = if row.number.is_some() { heads[row.actor].as_str() } else { "" };
        let start = format!(
            "{}  {}  ",
            paint(FAINT, &format!("{gap}{number}")),
            paint(STRONG, &pad(actor, actor_width))
        );
        let mut said: Vec<CellLine> = Vec::new();
        let mut say = |what: &str, style| {
            said.extend(wrap(what, room, CELL_LINES_MAX).into_iter().map(|line| (line, style)));
        };
        if !row.text.is_empty() {
            say(&row.text, Style::new());
        }
        if let Some((steps, turns)) = row.turns {
            say(&format!("the last {steps} × {turns} turns"), NOTE);
        }
        row.notes
            .iter()
            .for_each(|(thread, note)| say(&format!("{}: {note}", heads[*thread]), NOTE));
        fill(&row.changes, room).iter().for_each(|line| say(line, FAINT));
        for (index, (line, style)) in said.iter().enumerate() {
            let start = if index == 0 { start.clone() } else { " ".repeat(indent) };
            text += &format!("{start}{}\n", paint(*style, line));
        }
        text += &cycle_mark(number_width, row.below.as_deref());
    }
    text
}
