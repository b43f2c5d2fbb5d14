//! Formatted text: entities in UTF-16 units, trimming, limits, and the entities Telegram finds by
//! itself in what residents write.

use serde::Serialize;
use serde_json::Value;

use super::params::Params;

/// A message entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entity {
    /// Telegram's name of the kind, such as `bold`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Start in UTF-16 units.
    pub offset: u32,
    /// Length in UTF-16 units.
    pub length: u32,
    /// Link of a `text_link`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Language of a `pre`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Identifier of a `custom_emoji`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_emoji_id: Option<String>,
    /// Time of a `date_time`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unix_time: Option<i64>,
    /// Format of a `date_time`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_time_format: Option<String>,
}

impl Entity {
    /// An entity between two positions.
    pub fn new(kind: &'static str, start: u32, end: u32) -> Self {
        Self {
            kind,
            offset: start,
            length: end.saturating_sub(start),
            url: None,
            language: None,
            custom_emoji_id: None,
            unix_time: None,
            date_time_format: None,
        }
    }
}

/// Plain text with its entities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Formatted {
    /// Text without markup.
    pub plain: String,
    /// Entities, by offset.
    pub entities: Vec<Entity>,
}

/// Collects plain text and entities during a parse.
pub struct Spans {
    /// Plain text so far.
    pub text: String,
    /// Language found in a `code` inside a `pre`.
    pub pending_language: Option<String>,
    units: u32,
    entities: Vec<Entity>,
}

impl Spans {
    /// Empty, with room for a text of this length.
    pub fn with_capacity(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            pending_language: None,
            units: 0,
            entities: Vec::new(),
        }
    }

    /// Adds text.
    pub fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
        self.units += utf16_len(text);
    }

    /// Adds a character.
    pub fn push(&mut self, c: char) {
        self.text.push(c);
        self.units += if c.len_utf16() == 2 { 2 } else { 1 };
    }

    /// Length so far in UTF-16 units.
    pub fn position(&self) -> u32 {
        self.units
    }

    /// Adds an entity, unless it is empty.
    pub fn add(&mut self, entity: Entity) {
        if entity.length > 0 {
            self.entities.push(entity);
        }
    }

    /// The result, trimmed as Telegram trims.
    pub fn finish(mut self) -> Formatted {
        self.entities
            .sort_by_key(|e| (e.offset, u32::MAX - e.length));
        Formatted {
            plain: self.text,
            entities: self.entities,
        }
        .trimmed()
    }
}

impl Formatted {
    fn trimmed(mut self) -> Self {
        let plain = self.plain.trim();
        if plain.len() == self.plain.len() {
            return self;
        }
        let cut = utf16_len(&self.plain[..self.plain.len() - self.plain.trim_start().len()]);
        let units = utf16_len(plain);
        let plain = plain.to_owned();
        self.entities.retain_mut(|e| {
            let start = e.offset.saturating_sub(cut).min(units);
            let end = (e.offset + e.length).saturating_sub(cut).min(units);
            (e.offset, e.length) = (start, end - start);
            end > start
        });
        self.plain = plain;
        self
    }

    /// Length in UTF-16 units.
    pub fn units(&self) -> u32 {
        utf16_len(&self.plain)
    }
}

/// Length of a text in UTF-16 units, as Telegram counts.
pub fn utf16_len(text: &str) -> u32 {
    let mut units = 0;
    for byte in text.bytes() {
        // A character counts at its first byte; one of four bytes needs two units.
        units += u32::from(byte & 0xC0 != 0x80) + u32::from(byte >= 0xF0);
    }
    units
}

/// Formats a parameter as its `parse_mode` says; the error follows "Bad Request: ".
pub fn format(
    params: &Params,
    name: &str,
    mode: &str,
    entities: &str,
) -> Result<Formatted, String> {
    let source = params.text(name).unwrap_or_default();
    let parsed = match params.text(mode) {
        None | Some("") => {
            let mut entities = match params.values.get(entities) {
                Some(Value::Array(list)) => given(list, utf16_len(source))?,
                _ => Vec::new(),
            };
            entities.sort_by_key(|e| (e.offset, u32::MAX - e.length));
            return Ok(Formatted {
                plain: source.to_owned(),
                entities,
            }
            .trimmed());
        }
        Some(mode) if mode.eq_ignore_ascii_case("html") => super::html::parse(source),
        Some(mode) if mode.eq_ignore_ascii_case("markdownv2") => super::markdown::parse_v2(source),
        Some(mode) if mode.eq_ignore_ascii_case("markdown") => super::markdown::parse_v1(source),
        Some(_) => return Err("unsupported parse_mode".to_owned()),
    };
    parsed.map_err(|problem| format!("can't parse entities: {problem}"))
}

/// Entities given by the bot itself; those Telegram finds in texts are not kept.
fn given(list: &[Value], units: u32) -> Result<Vec<Entity>, String> {
    const KEPT: [&str; 12] = [
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "blockquote",
        "expandable_blockquote",
        "code",
        "pre",
        "text_link",
        "custom_emoji",
        "date_time",
    ];
    let mut entities = Vec::with_capacity(list.len());
    for value in list {
        let number = |name: &str| value[name].as_u64().and_then(|n| u32::try_from(n).ok());
        let (Some(start), Some(length)) = (number("offset"), number("length")) else {
            return Err("entity has an invalid offset or length".to_owned());
        };
        let end = start.checked_add(length).filter(|end| *end <= units);
        let end = end.ok_or_else(|| {
            format!("entity beginning at UTF-16 offset {start} ends after the end of the text")
        })?;
        let text = |name: &str| value[name].as_str().map(str::to_owned);
        let Some(kind) = KEPT
            .iter()
            .find(|kind| value["type"].as_str() == Some(**kind))
        else {
            continue;
        };
        let mut entity = Entity::new(kind, start, end);
        entity.url = text("url");
        entity.language = text("language");
        entity.custom_emoji_id = text("custom_emoji_id");
        entity.unix_time = value["unix_time"].as_i64();
        entity.date_time_format = text("date_time_format");
        entities.push(entity);
    }
    Ok(entities)
}

/// Checks a link; returns it as Telegram stores it.
pub fn link(href: &str) -> Result<String, String> {
    let full = if href.contains("://") || href.starts_with("mailto:") || href.starts_with("tel:") {
        href.to_owned()
    } else {
        format!("http://{href}")
    };
    let url = url::Url::parse(&full).map_err(|_| format!("invalid link \"{href}\""))?;
    let fine = match url.scheme() {
        "http" | "https" => url
            .host_str()
            .is_some_and(|host| host.contains('.') || host == "localhost"),
        "tg" | "ton" | "mailto" | "tel" => true,
        _ => false,
    };
    if fine {
        Ok(full)
    } else {
        Err(format!("invalid link \"{href}\""))
    }
}

/// The entities Telegram finds by itself: commands, mentions, hashtags, links and addresses.
pub fn detect(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    if !text.contains(['/', '@', '#']) {
        return found;
    }
    let (mut units, mut skip_to) = (0_u32, 0_usize);
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if at >= skip_to
            && let Some((kind, length)) = detect_at(&text[at..], before)
        {
            let end = units + utf16_len(&text[at..at + length]);
            found.push(Entity::new(kind, units, end));
            skip_to = at + length;
        }
        units += if c.len_utf16() == 2 { 2 } else { 1 };
        before = c;
    }
    found
}

fn detect_at(text: &str, before: char) -> Option<(&'static str, usize)> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if before.is_alphanumeric() || before == '_' {
        return None;
    }
    let run = |text: &str| text.find(|c| !word(c)).unwrap_or(text.len());
    match text.chars().next()? {
        '/' if !matches!(before, '/' | '<' | '>') => {
            let name = run(&text[1..]);
            let mut length = 1 + name;
            if let Some(bot) = text[length..]
                .strip_prefix('@')
                .map(run)
                .filter(|n| *n >= 3)
            {
                length += 1 + bot;
            }
            let ended = !text[length..].starts_with(['/', '<', '>']);
            ((1..=64).contains(&name) && ended).then_some(("bot_command", length))
        }
        '@' => {
            let name = run(&text[1..]);
            (3..=32).contains(&name).then_some(("mention", 1 + name))
        }
        '#' => {
            let end = text[1..].find(|c: char| !(c.is_alphanumeric() || c == '_'));
            let length = end.unwrap_or(text.len() - 1);
            (text[1..]
                .chars()
                .take_while(|c| c.is_alphanumeric())
                .any(char::is_alphabetic))
            .then_some(("hashtag", 1 + length))
        }
        _ => {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            let token = text[..end].trim_end_matches(['.', ',', '!', '?', ')', ':', ';']);
            if let Some(rest) = token
                .strip_prefix("https://")
                .or(token.strip_prefix("http://"))
            {
                return rest.contains('.').then_some(("url", token.len()));
            }
            let (user, host) = token.split_once('@')?;
            let local = |c: char| word(c) || matches!(c, '.' | '-' | '+');
            let domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
            let fine = !user.is_empty()
                && user.chars().all(local)
                && host.contains('.')
                && host.chars().all(domain);
            fine.then_some(("email", token.len()))
        }
    }
}
