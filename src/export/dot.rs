//! A state graph in the language of Graphviz (<https://graphviz.org/doc/info/lang.html>).

use crate::graph::View;
use crate::program::Program;
use crate::schedule::end_at;
use std::fmt::Write as _;

/// The graph: a node a state, numbered in the order of the search, and an edge a step. Ends carry their
/// outcome's name; a bad one is a double octagon, a good one a double circle.
pub fn dot(program: &Program, graph: &View) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&program.check_name()));
    text += "  rankdir=TB;\n  node [shape=circle, fontname=\"monospace\"];\n";
    text += "  edge [fontname=\"monospace\"];\n";
    for (index, node) in graph.nodes.iter().enumerate() {
        let end = end_at(program, &node.state);
        let mark = match (&node.failed, end) {
            (Some(violation), _) => {
                let message = &program.checks[usize::from(violation.check)].message;
                Some(("octagon", message.clone()))
            }
            (None, Some(end)) if end.fine => Some(("doublecircle", end.outcome)),
            (None, Some(end)) => Some(("doubleoctagon", end.outcome)),
            (None, None) => None,
        };
        if let Some((shape, words)) = mark {
            let label = quoted(&format!("{index} {words}"));
            let _ = writeln!(text, "  {index} [shape={shape}, label={label}];");
        }
    }
    for (from, node) in graph.nodes.iter().enumerate() {
        for edge in &node.edges {
            let words = &edge.words;
            let what = if words.label.is_empty() { &words.place } else { &words.label };
            let label = quoted(&format!("{}: {what}", words.actor));
            let _ = writeln!(text, "  {from} -> {} [label={label}];", edge.to);
        }
    }
    text + "}\n"
}

/// A quoted string; in Graphviz a backslash starts an escape.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
