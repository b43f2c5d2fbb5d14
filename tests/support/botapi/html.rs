//! Telegram's HTML style: text with tags in, plain text and entities out. Stricter than Telegram:
//! unknown tags, attributes and named entities, a bare `&` and wrong nesting are refused.

use super::text::{Entity, Formatted, Spans};

const TAGS: [(&str, &str); 17] = [
    ("b", "bold"),
    ("strong", "bold"),
    ("i", "italic"),
    ("em", "italic"),
    ("u", "underline"),
    ("ins", "underline"),
    ("s", "strikethrough"),
    ("strike", "strikethrough"),
    ("del", "strikethrough"),
    ("span", "spoiler"),
    ("tg-spoiler", "spoiler"),
    ("a", "text_link"),
    ("code", "code"),
    ("pre", "pre"),
    ("blockquote", "blockquote"),
    ("tg-emoji", "custom_emoji"),
    ("tg-time", "date_time"),
];

struct Open<'a> {
    tag: &'a str,
    kind: &'static str,
    start: u32,
    start_byte: usize,
    attributes: Vec<(&'a str, String)>,
}

impl Open<'_> {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Parses; the error is the part of the description after "can't parse entities: ".
pub fn parse(source: &str) -> Result<Formatted, String> {
    let mut out = Spans::with_capacity(source.len());
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut at = 0;
    while let Some(found) = source[at..].find(['<', '&', '>']) {
        out.push_str(&source[at..at + found]);
        at += found;
        match source.as_bytes()[at] {
            b'&' => {
                let (c, length) = entity(&source[at..])
                    .ok_or_else(|| format!("Unsupported HTML entity at byte offset {at}"))?;
                out.push(c);
                at += length;
            }
            b'>' => return Err(format!("Unescaped character '>' at byte offset {at}")),
            _ if source[at..].starts_with("</") => {
                let end = source[at..].find('>').ok_or("Unclosed end tag")?;
                let name = source[at + 2..at + end].trim_end();
                let Some(tag) = open.pop() else {
                    return Err(format!("Unexpected end tag at byte offset {at}"));
                };
                if !name.eq_ignore_ascii_case(tag.tag) {
                    return Err(format!(
                        "Unmatched end tag at byte offset {at}, expected \"</{}>\", found \"</{name}>\"",
                        tag.tag
                    ));
                }
                close(&mut out, &tag, open.last())?;
                at += end + 1;
            }
            _ => {
                let (tag, length) = start_tag(source, at, out.position(), out.text.len())?;
                check_nesting(&open, &tag, at)?;
                open.push(tag);
                at += length;
            }
        }
    }
    out.push_str(&source[at..]);
    match open.pop() {
        Some(tag) => Err(format!(
            "Can't find end tag corresponding to start tag \"{}\"",
            tag.tag
        )),
        None => Ok(out.finish()),
    }
}

fn check_nesting(open: &[Open<'_>], tag: &Open<'_>, at: usize) -> Result<(), String> {
    let inside = |kind: &str| open.iter().any(|o| o.kind == kind);
    let code_in_pre = tag.kind == "code" && open.last().is_some_and(|o| o.kind == "pre");
    if (inside("code") || inside("pre")) && !code_in_pre
        || (tag.kind == "blockquote" && inside("blockquote"))
        || (tag.kind == "text_link" && inside("text_link"))
    {
        return Err(format!(
            "Tag \"{}\" at byte offset {at} can't be nested there",
            tag.tag
        ));
    }
    Ok(())
}

fn close(out: &mut Spans, tag: &Open<'_>, parent: Option<&Open<'_>>) -> Result<(), String> {
    let mut entity = Entity::new(tag.kind, tag.start, out.position());
    match tag.kind {
        "text_link" => {
            let inner = &out.text[tag.start_byte..];
            let href = tag.attribute("href").unwrap_or(inner);
            entity.url = Some(super::text::link(href)?);
        }
        "code" => {
            let language = tag
                .attribute("class")
                .map(|c| c.trim_start_matches("language-"));
            if parent.is_some_and(|p| p.kind == "pre") {
                // <pre><code class="language-x">: the outer tag becomes the entity with a language.
                out.pending_language = language.map(str::to_owned);
                return Ok(());
            }
        }
        "pre" => entity.language = out.pending_language.take(),
        "blockquote" if tag.attribute("expandable").is_some() => {
            entity.kind = "expandable_blockquote";
        }
        "custom_emoji" => {
            let id = tag
                .attribute("emoji-id")
                .and_then(|id| id.parse::<u64>().ok());
            let id = id.ok_or("Invalid custom emoji identifier specified")?;
            entity.custom_emoji_id = Some(id.to_string());
        }
        "date_time" => {
            let time = tag.attribute("unix").and_then(|t| t.parse::<i64>().ok());
            entity.unix_time = Some(time.ok_or("Invalid unix time specified")?);
            entity.date_time_format = tag.attribute("format").map(str::to_owned);
        }
        _ => {}
    }
    out.add(entity);
    Ok(())
}

/// Reads a start tag at `at`; returns it with its length in bytes.
fn start_tag(
    source: &str,
    at: usize,
    start: u32,
    start_byte: usize,
) -> Result<(Open<'_>, usize), String> {
    let unclosed = || format!("Unclosed start tag at byte offset {at}");
    let rest = &source[at + 1..];
    let name_end = rest
        .find(|c: char| c.is_ascii_whitespace() || c == '>')
        .ok_or_else(unclosed)?;
    let tag = &rest[..name_end];
    let known = TAGS.iter().find(|(name, _)| tag.eq_ignore_ascii_case(name));
    let Some((_, kind)) = known else {
        return Err(format!(
            "Unsupported start tag \"{tag}\" at byte offset {at}"
        ));
    };
    let mut attributes = Vec::new();
    let mut pos = name_end;
    loop {
        let left = &rest[pos..];
        pos += left.len() - left.trim_ascii_start().len();
        let left = &rest[pos..];
        if left.starts_with('>') {
            break;
        }
        let key_end = left
            .find(|c: char| c == '=' || c == '>' || c.is_ascii_whitespace())
            .ok_or_else(unclosed)?;
        let key = &left[..key_end];
        pos += key_end;
        let mut value = String::new();
        if let Some(quoted) = rest[pos..].strip_prefix('=') {
            let quote = quoted.chars().next().filter(|c| matches!(c, '"' | '\''));
            let raw = match quote {
                Some(quote) => {
                    let end = quoted[1..].find(quote).ok_or_else(unclosed)?;
                    pos += end + 3;
                    &quoted[1..=end]
                }
                None => {
                    let end = quoted
                        .find(|c: char| c == '>' || c.is_ascii_whitespace())
                        .ok_or_else(unclosed)?;
                    pos += end + 1;
                    &quoted[..end]
                }
            };
            value = unescape(raw)
                .ok_or_else(|| format!("Unsupported HTML entity in tag at byte offset {at}"))?;
        }
        let allowed = matches!(
            (*kind, key),
            ("text_link", "href")
                | ("code" | "spoiler", "class")
                | ("blockquote", "expandable")
                | ("custom_emoji", "emoji-id")
                | ("date_time", "unix" | "format")
        );
        if !allowed {
            return Err(format!(
                "Unsupported attribute \"{key}\" in tag at byte offset {at}"
            ));
        }
        attributes.push((key, value));
    }
    let tag = Open {
        tag,
        kind,
        start,
        start_byte,
        attributes,
    };
    if tag.tag.eq_ignore_ascii_case("span") && tag.attribute("class") != Some("tg-spoiler") {
        return Err(format!(
            "Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}"
        ));
    }
    Ok((tag, pos + 2))
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        // A bare & is usual in links (?a=1&b=2); Telegram takes it there.
        let (c, length) = entity(&rest[at..]).unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    Some(out)
}

/// An HTML entity at the start of the text, with its length in bytes.
fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.get(..text.len().min(12)).unwrap_or(text).find(';')?;
    let c = match &text[1..end] {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        number => {
            let digits = number.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')?
        }
    };
    Some((c, end + 1))
}
