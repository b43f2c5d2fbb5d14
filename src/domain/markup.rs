//! Mini-Markdown, the one form of formatted text in the bot: paragraphs, `- ` and `1. ` lists,
//! `**bold**`, `[text](https://…)` and backslash escapes. Channels draw it from the parsed blocks,
//! so nothing that isn't in this list can reach a resident's screen as markup.

use std::fmt::Write as _;

/// A block of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Lines of a paragraph.
    Paragraph(Vec<Vec<Inline>>),
    /// Items without an order.
    Bullets(Vec<Vec<Inline>>),
    /// Steps, with the number each was written with.
    Steps(Vec<(u32, Vec<Inline>)>),
}

/// A run of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inline {
    /// Plain words.
    Text(String),
    /// Strong words.
    Bold(String),
    /// Words that lead somewhere; the address is http(s) or tel.
    Link(String, String),
}

/// Makes any text stand for itself in mini-Markdown, line breaks kept.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        for (at, c) in line.char_indices() {
            let starts_list = (at == 0 && c == '-') || (at == digits && digits > 0 && c == '.');
            if matches!(c, '\\' | '*' | '[' | ']') || starts_list {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

/// The blocks of a text. Never fails: what isn't markup is text.
#[must_use]
pub fn parse(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut fresh = true;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            fresh = true;
            continue;
        }
        push_line(&mut blocks, line, fresh);
        fresh = false;
    }
    blocks
}

fn push_line(blocks: &mut Vec<Block>, line: &str, fresh: bool) {
    let last = if fresh { None } else { blocks.last_mut() };
    if let Some(item) = line.strip_prefix("- ") {
        match last {
            Some(Block::Bullets(items)) => items.push(inlines(item)),
            _ => blocks.push(Block::Bullets(vec![inlines(item)])),
        }
    } else if let Some((number, item)) = step(line) {
        match last {
            Some(Block::Steps(items)) => items.push((number, inlines(item))),
            _ => blocks.push(Block::Steps(vec![(number, inlines(item))])),
        }
    } else {
        match last {
            Some(Block::Paragraph(lines)) => lines.push(inlines(line)),
            _ => blocks.push(Block::Paragraph(vec![inlines(line)])),
        }
    }
}

fn step(line: &str) -> Option<(u32, &str)> {
    let (number, item) = line.split_once(". ")?;
    (number.len() <= 3).then_some(())?;
    Some((number.parse().ok()?, item))
}

fn inlines(line: &str) -> Vec<Inline> {
    let mut out = Vec::new();
    let mut text = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\\' => rest[1..].chars().next().map(|next| {
                text.push(next);
                1 + next.len_utf8()
            }),
            '*' => bold(rest).map(|(words, taken)| {
                flush(&mut text, &mut out);
                out.push(Inline::Bold(words));
                taken
            }),
            '[' => link(rest).map(|(words, address, taken)| {
                flush(&mut text, &mut out);
                out.push(Inline::Link(words, address));
                taken
            }),
            _ => None,
        };
        let taken = taken.unwrap_or_else(|| {
            text.push(c);
            c.len_utf8()
        });
        rest = &rest[taken..];
    }
    flush(&mut text, &mut out);
    out
}

fn flush(text: &mut String, out: &mut Vec<Inline>) {
    if !text.is_empty() {
        out.push(Inline::Text(std::mem::take(text)));
    }
}

/// The words up to an unescaped `end`, and the bytes they take with it.
fn until(text: &str, end: &str) -> Option<(String, usize)> {
    let mut words = String::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(end) {
            return (!words.is_empty()).then_some((words, at + end.len()));
        }
        let mut chars = rest.chars();
        let mut c = chars.next()?;
        if c == '\\' {
            at += 1;
            c = chars.next()?;
        }
        words.push(c);
        at += c.len_utf8();
    }
    None
}

fn bold(text: &str) -> Option<(String, usize)> {
    let (words, taken) = until(text.strip_prefix("**")?, "**")?;
    Some((words, taken + 2))
}

fn link(text: &str) -> Option<(String, String, usize)> {
    let (words, taken) = until(text.strip_prefix('[')?, "](")?;
    let rest = &text[1 + taken..];
    let end = rest.find(')')?;
    let address = &rest[..end];
    let known = ["https://", "http://", "tel:"];
    let clean = !address.contains(|c: char| c.is_whitespace() || c.is_control());
    (clean && known.iter().any(|scheme| address.starts_with(scheme)))
        .then(|| (words, address.to_owned(), 1 + taken + end + 1))
}

/// Appends text with the five HTML specials escaped.
pub fn push_html(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

/// HTML for a web page: `p`, `ul`, `ol`, `br`, `strong`, `a`.
#[must_use]
pub fn to_web_html(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Paragraph(lines) => {
                out.push_str("<p>");
                for (index, line) in lines.iter().enumerate() {
                    if index > 0 {
                        out.push_str("<br>");
                    }
                    push_inlines(&mut out, line, "strong", " rel=\"noopener noreferrer\"");
                }
                out.push_str("</p>");
            }
            Block::Bullets(items) => {
                out.push_str("<ul>");
                for item in items {
                    push_item(&mut out, item);
                }
                out.push_str("</ul>");
            }
            Block::Steps(items) => {
                let first = items.first().map_or(1, |(number, _)| *number);
                if first == 1 {
                    out.push_str("<ol>");
                } else {
                    let _ = write!(out, "<ol start=\"{first}\">");
                }
                for (_, item) in items {
                    push_item(&mut out, item);
                }
                out.push_str("</ol>");
            }
        }
    }
    out
}

fn push_item(out: &mut String, item: &[Inline]) {
    out.push_str("<li>");
    push_inlines(out, item, "strong", " rel=\"noopener noreferrer\"");
    out.push_str("</li>");
}

fn push_inlines(out: &mut String, line: &[Inline], bold: &str, link_extra: &str) {
    for inline in line {
        match inline {
            Inline::Text(text) => push_html(out, text),
            Inline::Bold(text) => {
                let _ = write!(out, "<{bold}>");
                push_html(out, text);
                let _ = write!(out, "</{bold}>");
            }
            Inline::Link(text, address) => {
                out.push_str("<a href=\"");
                push_html(out, address);
                let _ = write!(out, "\"{link_extra}>");
                push_html(out, text);
                out.push_str("</a>");
            }
        }
    }
}

/// One block in the HTML of chat platforms that know no paragraphs or lists (Telegram Bot API,
/// "HTML style"): line feeds, `•` and numbers stand for them.
#[must_use]
pub fn to_chat_html(block: &Block) -> String {
    let mut out = String::new();
    for_each_line(block, |mark, line, first| {
        if !first {
            out.push('\n');
        }
        out.push_str(mark);
        push_inlines(&mut out, line, "b", "");
    });
    out
}

/// One block as words alone; a link is followed by its address.
#[must_use]
pub fn to_plain(block: &Block) -> String {
    let mut out = String::new();
    for_each_line(block, |mark, line, first| {
        if !first {
            out.push('\n');
        }
        out.push_str(mark);
        for inline in line {
            match inline {
                Inline::Text(text) | Inline::Bold(text) => out.push_str(text),
                Inline::Link(text, address) if text == address => out.push_str(text),
                Inline::Link(text, address) => {
                    let _ = write!(out, "{text} ({address})");
                }
            }
        }
    });
    out
}

fn for_each_line(block: &Block, mut each: impl FnMut(&str, &[Inline], bool)) {
    match block {
        Block::Paragraph(lines) => {
            for (index, line) in lines.iter().enumerate() {
                each("", line, index == 0);
            }
        }
        Block::Bullets(items) => {
            for (index, item) in items.iter().enumerate() {
                each("• ", item, index == 0);
            }
        }
        Block::Steps(items) => {
            for (index, (number, item)) in items.iter().enumerate() {
                each(&format!("{number}. "), item, index == 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_the_html_of_each_channel() {
        let blocks = parse(
            "**Soita 112.**\n\n1. Ulos\n2. Sulje ovi\n\n- a\n- b\nkatso [SPEK](https://www.spek.fi)",
        );
        assert_eq!(
            to_web_html(&blocks),
            "<p><strong>Soita 112.</strong></p><ol><li>Ulos</li><li>Sulje ovi</li></ol>\
             <ul><li>a</li><li>b</li></ul>\
             <p>katso <a href=\"https://www.spek.fi\" rel=\"noopener noreferrer\">SPEK</a></p>"
        );
        assert_eq!(to_chat_html(&blocks[1]), "1. Ulos\n2. Sulje ovi");
        assert_eq!(to_plain(&blocks[3]), "katso SPEK (https://www.spek.fi)");
    }

    #[test]
    fn escaped_text_comes_back_as_it_was_whatever_it_is() {
        for text in [
            "a*b**c** [x](https://e.fi) \\ 1. - <b>",
            "- ei lista\n1. ei askel\n12. ei\n-",
            "</p><script>alert(1)</script>",
            "\u{202e}kääk\u{200d}",
        ] {
            let plain: Vec<_> = parse(&escape(text)).iter().map(to_plain).collect();
            assert_eq!(plain.join("\n\n"), text);
        }
    }

    #[test]
    fn hostile_markup_stays_text() {
        let html = to_web_html(&parse("[x](javascript:alert(1)) <img src=x onerror=1> **"));
        assert!(!html.contains("<img") && !html.contains("<a"), "{html}");
    }
}
