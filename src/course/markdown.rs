//! Markdown to HTML, as far as the chapters use it: headings, paragraphs, lists, tables, code, links,
//! emphasis, and images that stand in a line of their own.

use crate::report::scrolls;
use std::fmt::Write as _;

/// The HTML of `text`. `image` makes an element of an image's words and file, `link` an address of an
/// address; where it makes none, the words stand alone.
pub(super) fn html(
    text: &str,
    image: &dyn Fn(&str, &str) -> String,
    link: &dyn Fn(&str) -> Option<String>,
) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut html = String::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let taken = match line {
            _ if line.trim().is_empty() => 1,
            _ if line.starts_with("```") => code(&lines[at..], &mut html),
            _ if line.starts_with('#') => {
                let level = line.chars().take_while(|c| *c == '#').count();
                let words = inline(line[level..].trim(), link);
                let _ = writeln!(html, "<h{level}>{words}</h{level}>");
                1
            }
            _ if line.starts_with('|') => table(&lines[at..], &mut html, link),
            _ if line.starts_with("* ") => list(&lines[at..], "ul", &mut html, link),
            _ if numbered(line) => list(&lines[at..], "ol", &mut html, link),
            _ => match parts(line) {
                Some((words, file)) => {
                    html += &image(words, file);
                    1
                }
                None => paragraph(&lines[at..], &mut html, link),
            },
        };
        at += taken;
    }
    html
}

/// An image in a line of its own: its words and its file.
fn parts(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("![")?.strip_suffix(')')?.split_once("](")
}

fn numbered(line: &str) -> bool {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    digits > 0 && line[digits..].starts_with(". ")
}

fn code(lines: &[&str], html: &mut String) -> usize {
    let body = lines[1..].iter().take_while(|line| !line.starts_with("```"));
    let body: Vec<&str> = body.copied().collect();
    let inner = format!("<code>{}</code>", escape(&body.join("\n")));
    *html += &scrolls("pre", "excerpt", "Code", &inner);
    body.len() + 2
}

fn paragraph(lines: &[&str], html: &mut String, link: &dyn Fn(&str) -> Option<String>) -> usize {
    let ends = |line: &&&str| {
        !line.trim().is_empty()
            && !line.starts_with("```")
            && !line.starts_with('|')
            && !line.starts_with("* ")
            && !line.starts_with('#')
    };
    let words: Vec<&str> = lines.iter().take_while(ends).copied().collect();
    let _ = writeln!(html, "<p>{}</p>", inline(&words.join("\n"), link));
    words.len()
}

fn list(
    lines: &[&str],
    kind: &str,
    html: &mut String,
    link: &dyn Fn(&str) -> Option<String>,
) -> usize {
    let begins = |line: &str| if kind == "ul" { line.starts_with("* ") } else { numbered(line) };
    let of_list = |line: &&&str| begins(line) || line.starts_with("  ");
    let own: Vec<&str> = lines.iter().take_while(of_list).copied().collect();
    let mut items: Vec<String> = Vec::new();
    for line in &own {
        match items.last_mut() {
            Some(item) if !begins(line) => {
                item.push('\n');
                item.push_str(line.trim());
            }
            _ => items.push(line.split_once(' ').map_or("", |(_, words)| words).to_string()),
        }
    }
    let _ = writeln!(html, "<{kind}>");
    for item in items {
        let _ = writeln!(html, "<li>{}</li>", inline(&item, link));
    }
    let _ = writeln!(html, "</{kind}>");
    own.len()
}

fn table(lines: &[&str], html: &mut String, link: &dyn Fn(&str) -> Option<String>) -> usize {
    let rows: Vec<&str> = lines.iter().take_while(|line| line.starts_with('|')).copied().collect();
    let right: Vec<bool> = rows
        .get(1)
        .map_or(Vec::new(), |rule| cells(rule))
        .iter()
        .map(|c| c.ends_with(':'))
        .collect();
    let mut table = "\n<table>\n".to_string();
    for (number, row) in rows.iter().enumerate().filter(|(number, _)| *number != 1) {
        let tag = if number == 0 { "th" } else { "td" };
        table.push_str("<tr>");
        for (column, cell) in cells(row).iter().enumerate() {
            let class = if right.get(column) == Some(&true) { " class=\"number\"" } else { "" };
            let _ = write!(table, "<{tag}{class}>{}</{tag}>", inline(cell, link));
        }
        table.push_str("</tr>\n");
    }
    table.push_str("</table>\n");
    *html += &scrolls("div", "table", "Table", &table);
    rows.len()
}

/// The cells of a row; a bar that is escaped ends none.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|');
    let row = row.strip_suffix('|').unwrap_or(row).replace("\\|", "\u{0}");
    row.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

/// Code, links and emphasis in a text.
fn inline(text: &str, link: &dyn Fn(&str) -> Option<String>) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        match index % 2 {
            0 => html += &links(part, link),
            _ => {
                let _ = write!(html, "<code>{}</code>", escape(part));
            }
        }
    }
    emphasis(&emphasis(&html, "**", "strong"), "*", "em")
}

fn links(text: &str, link: &dyn Fn(&str) -> Option<String>) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((words, (address, behind))) =
            after.split_once("](").and_then(|(words, after)| Some((words, after.split_once(')')?)))
        else {
            break;
        };
        html += &escape(before);
        let _ = match link(address) {
            Some(address) => {
                write!(html, "<a href=\"{}\">{}</a>", escape(&address), escape(words))
            }
            None => write!(html, "<code>{}</code>", escape(words)),
        };
        rest = behind;
    }
    html + &escape(rest)
}

/// What stands between two marks, outside code and tags; a mark without its like is left alone.
fn emphasis(html: &str, mark: &str, tag: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once(mark) {
        let inside_code = (text.clone() + before).matches("<code>").count()
            > (text.clone() + before).matches("</code>").count();
        match after.split_once(mark).filter(|_| !inside_code) {
            Some((words, behind)) if !words.is_empty() && !words.starts_with(' ') => {
                let _ = write!(text, "{before}<{tag}>{words}</{tag}>");
                rest = behind;
            }
            _ => {
                text += before;
                text += mark;
                rest = after;
            }
        }
    }
    text + rest
}

/// Text as HTML shows it.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::html;

    fn shown(text: &str) -> String {
        let image = |words: &str, file: &str| format!("<img {words} {file}>\n");
        html(text, &image, &|address| {
            address.strip_suffix(".md").map(|stem| format!("{stem}.html"))
        })
    }

    #[test]
    fn what_chapters_use_is_html() {
        assert_eq!(shown("## A *b* `c*d*`\n"), "<h2>A <em>b</em> <code>c*d*</code></h2>\n");
        assert_eq!(
            shown("one\ntwo\n\n**three** 2 * 3"),
            "<p>one\ntwo</p>\n<p><strong>three</strong> 2 * 3</p>\n"
        );
        assert_eq!(shown("* a\n  b\n* c"), "<ul>\n<li>a\nb</li>\n<li>c</li>\n</ul>\n");
        assert_eq!(shown("1. a\n2. b"), "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n");
        assert_eq!(shown("[x](y.md)"), "<p><a href=\"y.html\">x</a></p>\n");
        assert_eq!(shown("[x](y.txt)"), "<p><code>x</code></p>\n");
        assert_eq!(shown("![x](y.svg)"), "<img x y.svg>\n");
        let code = shown("```ghost\na < b\n```\nend");
        assert!(code.contains("<pre class=\"excerpt scrolls\" tabindex=\"0\" role=\"region\""));
        assert!(code.ends_with("><code>a &lt; b</code></pre>\n<p>end</p>\n"), "{code}");
        let table = shown("| a | b |\n|---|--:|\n| `x \\| y` | 1 |\n");
        assert!(table.contains("<th>a</th><th class=\"number\">b</th>"), "{table}");
        assert!(
            table.contains("<td><code>x | y</code></td><td class=\"number\">1</td>"),
            "{table}"
        );
    }
}
