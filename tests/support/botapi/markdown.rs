//! MarkdownV2 with its escaping rules, and the legacy Markdown style.

use super::text::{Entity, Formatted, Spans};

const RESERVED: &str = "_*[]()~`>#+-=|{}.!";

struct Open {
    kind: &'static str,
    mark: &'static str,
    start: u32,
    at: usize,
}

/// Parses MarkdownV2; the error is the part of the description after "can't parse entities: ".
pub fn parse_v2(source: &str) -> Result<Formatted, String> {
    let mut out = Spans::with_capacity(source.len());
    let mut open: Vec<Open> = Vec::new();
    let mut quote: Option<u32> = None;
    let mut line_start = true;
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        if line_start {
            line_start = false;
            let marked = rest.starts_with('>') || rest.starts_with("**>");
            if marked {
                quote.get_or_insert(out.position());
                at += if c == '*' { 3 } else { 1 };
                continue;
            }
            if let Some(start) = quote.take() {
                out.add(Entity::new("blockquote", start, out.position()));
            }
        }
        match c {
            '\\' if rest[1..].starts_with(|c: char| c.is_ascii() && !c.is_ascii_control()) => {
                out.push_str(&rest[1..2]);
                at += 2;
            }
            '`' => at += code(rest, at, &mut out)?,
            '[' => {
                open.push(Open {
                    kind: "text_link",
                    mark: "]",
                    start: out.position(),
                    at,
                });
                at += 1;
            }
            '!' if rest.starts_with("![") => {
                open.push(Open {
                    kind: "custom_emoji",
                    mark: "]",
                    start: out.position(),
                    at,
                });
                at += 2;
            }
            ']' => at += link_end(rest, at, &mut open, &mut out)?,
            _ if mark(rest).is_some() => {
                // Invariant: the guard just found it.
                let (kind, text) = mark(rest).expect("a mark");
                at += text.len();
                if open.last().is_some_and(|o| o.mark == text) {
                    let entity = open.pop().expect("checked above");
                    out.add(Entity::new(entity.kind, entity.start, out.position()));
                } else if quote.is_some() && text == "||" && at_line_end(&source[at..]) {
                    let start = quote.take().expect("checked above");
                    out.add(Entity::new("expandable_blockquote", start, out.position()));
                } else if open.iter().any(|o| o.mark == text) {
                    return Err(unclosed(&open[open.len() - 1]));
                } else {
                    open.push(Open {
                        kind,
                        mark: text,
                        start: out.position(),
                        at: at - text.len(),
                    });
                }
            }
            _ if RESERVED.contains(c) => {
                return Err(format!(
                    "Character '{c}' is reserved and must be escaped with the preceding '\\'"
                ));
            }
            _ => {
                line_start = c == '\n';
                out.push(c);
                at += c.len_utf8();
            }
        }
    }
    if let Some(last) = open.pop() {
        return Err(unclosed(&last));
    }
    if let Some(start) = quote {
        out.add(Entity::new("blockquote", start, out.position()));
    }
    Ok(out.finish())
}

fn unclosed(open: &Open) -> String {
    let name = match open.kind {
        "text_link" => "TextUrl",
        "custom_emoji" => "CustomEmoji",
        "bold" => "Bold",
        "italic" => "Italic",
        "underline" => "Underline",
        "strikethrough" => "Strikethrough",
        other => other,
    };
    format!("Can't find end of {name} entity at byte offset {}", open.at)
}

fn mark(rest: &str) -> Option<(&'static str, &'static str)> {
    [
        ("underline", "__"),
        ("italic", "_"),
        ("bold", "*"),
        ("strikethrough", "~"),
        ("spoiler", "||"),
    ]
    .into_iter()
    .find(|(_, mark)| rest.starts_with(mark))
}

fn at_line_end(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('\n')
}

/// `code` or a fenced block at the start of `rest`; returns its length in bytes.
fn code(rest: &str, at: usize, out: &mut Spans) -> Result<usize, String> {
    let fence = if rest.starts_with("```") { "```" } else { "`" };
    let kind = if fence.len() == 3 { "pre" } else { "code" };
    let start = out.position();
    let mut pos = fence.len();
    let mut language = None;
    if kind == "pre"
        && let Some(line) = rest[pos..].find('\n')
        && rest[pos..pos + line]
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '+' | '#'))
    {
        language = Some(rest[pos..pos + line].to_owned()).filter(|l| !l.is_empty());
        pos += line + 1;
    }
    while let Some(c) = rest[pos..].chars().next() {
        if rest[pos..].starts_with(fence) {
            let mut entity = Entity::new(kind, start, out.position());
            entity.language = language;
            out.add(entity);
            return Ok(pos + fence.len());
        }
        if c == '\\' && rest[pos + 1..].starts_with(['`', '\\']) {
            pos += 1;
        } else if c == '`' && kind == "code" {
            break;
        }
        // Invariant: `pos` is inside the text, at a character.
        let c = rest[pos..].chars().next().expect("a character");
        out.push(c);
        pos += c.len_utf8();
    }
    let name = if kind == "pre" { "Pre" } else { "Code" };
    Err(format!(
        "Can't find end of {name} entity at byte offset {at}"
    ))
}

/// `](link)` at the start of `rest`; returns its length in bytes.
fn link_end(rest: &str, at: usize, open: &mut Vec<Open>, out: &mut Spans) -> Result<usize, String> {
    let Some(entity) = open.pop() else {
        return Err("Character ']' is reserved and must be escaped with the preceding '\\'".into());
    };
    if entity.mark != "]" {
        return Err(unclosed(&entity));
    }
    let Some(target) = rest[1..].strip_prefix('(') else {
        return Err(format!("Can't find URL of the link at byte offset {at}"));
    };
    let mut href = String::new();
    let mut chars = target.char_indices();
    while let Some((pos, c)) = chars.next() {
        match c {
            ')' => {
                let mut span = Entity::new(entity.kind, entity.start, out.position());
                if entity.kind == "custom_emoji" {
                    let id = href
                        .strip_prefix("tg://emoji?id=")
                        .and_then(|id| id.parse::<u64>().ok());
                    let id = id.ok_or("Custom emoji URL must have scheme tg")?;
                    span.custom_emoji_id = Some(id.to_string());
                } else {
                    span.url = Some(super::text::link(&href)?);
                }
                out.add(span);
                return Ok(pos + 3);
            }
            '\\' => href.extend(chars.next().map(|(_, c)| c)),
            _ => href.push(c),
        }
    }
    Err(format!("Can't find end of a URL at byte offset {at}"))
}

/// Parses the legacy style: no nesting, and `\` escapes only its own marks.
pub fn parse_v1(source: &str) -> Result<Formatted, String> {
    let mut out = Spans::with_capacity(source.len());
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        match c {
            '\\' if rest[1..].starts_with(['_', '*', '`', '[']) => {
                out.push_str(&rest[1..2]);
                at += 2;
            }
            '*' | '_' => {
                let end = rest[1..].find(c).ok_or_else(|| no_end(at))?;
                let kind = if c == '*' { "bold" } else { "italic" };
                let start = out.position();
                out.push_str(&rest[1..=end]);
                out.add(Entity::new(kind, start, out.position()));
                at += end + 2;
            }
            '`' => at += code(rest, at, &mut out).map_err(|_| no_end(at))?,
            '[' => {
                let text_end = rest.find("](").ok_or_else(|| no_end(at))?;
                let url_end = rest[text_end..].find(')').ok_or_else(|| no_end(at))?;
                let start = out.position();
                out.push_str(&rest[1..text_end]);
                let mut entity = Entity::new("text_link", start, out.position());
                entity.url = Some(super::text::link(&rest[text_end + 2..text_end + url_end])?);
                out.add(entity);
                at += text_end + url_end + 1;
            }
            _ => {
                out.push(c);
                at += c.len_utf8();
            }
        }
    }
    Ok(out.finish())
}

fn no_end(at: usize) -> String {
    format!("Can't find end of the entity starting at byte offset {at}")
}
