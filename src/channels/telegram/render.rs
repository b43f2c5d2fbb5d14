//! Messages as Telegram wants them: "HTML style" text (Bot API, "Formatting options"), cut into
//! parts of at most [`LIMIT`] UTF-16 units *after entities parsing*, and the JSON of each part
//! but for its chat, so that a broadcast is drawn once and not once for every recipient.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde::Serialize;

use crate::domain::markup::{self, Block, Inline};
use crate::domain::{Message, MessageButton};

/// `sendMessage`: "1-4096 characters after entities parsing", counted in UTF-16 units.
pub(super) const LIMIT: usize = 4096;

/// Bytes of HTML in a part: the server refuses texts above 32 kB, whatever is seen of them. Only
/// the addresses of many links get there.
const MAX_BYTES: usize = 32_000;

/// Room for what stands before an item, `999. ` at most.
const MARK: usize = 5;

/// How many broadcasts are kept drawn.
const KEPT: usize = 128;

/// A message, drawn.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    /// For each part the fields of `sendMessage` that are the same for all recipients, as the end
    /// of a JSON object: `"text":…}`. Buttons are under the last part.
    pub(super) tails: Vec<String>,
}

/// The fields of `sendMessage` and `editMessageText` that don't depend on the chat.
///
/// Not teloxide's payloads: they own their strings and always have a chat, so every recipient
/// would cost a copy and a serialisation of the whole text.
#[derive(Serialize)]
struct Tail<'a> {
    text: &'a str,
    parse_mode: &'static str,
    link_preview_options: LinkPreview,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Keyboard<'a>>,
}

/// `LinkPreviewOptions`.
#[derive(Serialize)]
struct LinkPreview {
    is_disabled: bool,
}

/// `InlineKeyboardMarkup`.
#[derive(Serialize)]
struct Keyboard<'a> {
    inline_keyboard: Vec<Vec<Key<'a>>>,
}

/// `InlineKeyboardButton`.
#[derive(Serialize)]
struct Key<'a> {
    text: &'a str,
    callback_data: &'a str,
}

/// Draws a message. Text without any words has no parts.
pub(super) fn draw(message: &Message) -> Drawn {
    let parts = parts(&message.text);
    let last = parts.len().saturating_sub(1);
    let tail = |(index, text): (usize, &String)| {
        let tail = Tail {
            text,
            parse_mode: "HTML",
            link_preview_options: LinkPreview { is_disabled: true },
            reply_markup: (index == last).then(|| keyboard(message.rows())).flatten(),
        };
        // Strings and a flag always serialise; an empty object would be refused by the server.
        let json = serde_json::to_string(&tail).unwrap_or_else(|_| "{}".to_owned());
        json[1..].to_owned()
    };
    Drawn {
        tails: parts.iter().enumerate().map(tail).collect(),
    }
}

fn keyboard<'m>(rows: impl Iterator<Item = &'m [MessageButton]>) -> Option<Keyboard<'m>> {
    fn key(button: &MessageButton) -> Key<'_> {
        Key {
            text: &button.label,
            callback_data: &button.token,
        }
    }
    let inline_keyboard: Vec<Vec<Key<'_>>> =
        rows.map(|row| row.iter().map(key).collect()).collect();
    (!inline_keyboard.is_empty()).then_some(Keyboard { inline_keyboard })
}

/// The last broadcasts, drawn.
#[derive(Debug, Default)]
pub(super) struct Gallery(Mutex<VecDeque<(Weak<Message>, Arc<Drawn>)>>);

impl Gallery {
    /// The message, drawn; from memory when the very same allocation was drawn before. (A `Weak`
    /// keeps the allocation, so no other message can have taken its address meanwhile.)
    pub(super) fn get(&self, message: &Arc<Message>) -> Arc<Drawn> {
        let same =
            |(known, _): &&(Weak<Message>, Arc<Drawn>)| known.as_ptr() == Arc::as_ptr(message);
        let known = {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.iter().find(same).map(|(_, drawn)| Arc::clone(drawn))
        };
        known.unwrap_or_else(|| {
            let drawn = Arc::new(draw(message));
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.truncate(KEPT - 1);
            kept.push_front((Arc::downgrade(message), Arc::clone(&drawn)));
            drawn
        })
    }
}

/// The HTML of each part.
fn parts(text: &str) -> Vec<String> {
    let mut packer = Packer::default();
    for block in markup::parse(text) {
        let block = callable(block);
        if fits(&block) {
            packer.add(&block, "\n\n");
            continue;
        }
        for (index, line) in lines(block).into_iter().enumerate() {
            let separator = if index == 0 { "\n\n" } else { "\n" };
            if fits(&line) {
                packer.add(&line, separator);
            } else {
                for piece in pieces(line) {
                    packer.add(&piece, separator);
                }
            }
        }
    }
    packer.finish()
}

/// Fills parts.
#[derive(Default)]
struct Packer {
    done: Vec<String>,
    html: String,
    units: usize,
}

impl Packer {
    /// Adds at most [`LIMIT`] units, to the part begun if there is room.
    fn add(&mut self, block: &Block, separator: &str) {
        let more = units(block);
        let html = markup::to_chat_html(block);
        if !self.html.is_empty() {
            let bytes = self.html.len() + separator.len() + html.len();
            if self.units + separator.len() + more <= LIMIT && bytes <= MAX_BYTES {
                self.html.push_str(separator);
                self.units += separator.len();
            } else {
                self.done.push(std::mem::take(&mut self.html));
                self.units = 0;
            }
        }
        self.html.push_str(&html);
        self.units += more;
    }

    fn finish(mut self) -> Vec<String> {
        if !self.html.is_empty() {
            self.done.push(self.html);
        }
        self.done
    }
}

/// Telegram makes no links of `tel:` addresses but finds numbers by itself: the number is shown.
fn callable(mut block: Block) -> Block {
    let show = |line: &mut Vec<Inline>| {
        for inline in line {
            if let Inline::Link(words, address) = inline
                && let Some(number) = address.strip_prefix("tel:")
            {
                let digits = |text: &str| {
                    text.chars()
                        .filter(char::is_ascii_digit)
                        .collect::<String>()
                };
                let known = digits(words).contains(&digits(number));
                let text = if known {
                    std::mem::take(words)
                } else {
                    format!("{words} ({number})")
                };
                *inline = Inline::Text(text);
            }
        }
    };
    match &mut block {
        Block::Paragraph(lines) | Block::Bullets(lines) => lines.iter_mut().for_each(show),
        Block::Steps(items) => items.iter_mut().map(|(_, line)| line).for_each(show),
    }
    block
}

fn utf16(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn line_units(line: &[Inline]) -> usize {
    let words = |inline: &Inline| match inline {
        Inline::Text(text) | Inline::Bold(text) | Inline::Link(text, _) => utf16(text),
    };
    line.iter().map(words).sum()
}

/// What a block counts after entities parsing, at most: marks count as the longest one.
fn units(block: &Block) -> usize {
    match block {
        Block::Paragraph(lines) => lines.iter().map(|line| line_units(line) + 1).sum(),
        Block::Bullets(items) => items.iter().map(|line| line_units(line) + 3).sum(),
        Block::Steps(items) => items
            .iter()
            .map(|(_, line)| line_units(line) + MARK + 1)
            .sum(),
    }
}

/// Whether a block fits into a part of its own.
fn fits(block: &Block) -> bool {
    units(block) <= LIMIT && markup::to_chat_html(block).len() <= MAX_BYTES
}

/// Each line of a block as a block of its own.
fn lines(block: Block) -> Vec<Block> {
    match block {
        Block::Paragraph(lines) => lines
            .into_iter()
            .map(|line| Block::Paragraph(vec![line]))
            .collect(),
        Block::Bullets(items) => items
            .into_iter()
            .map(|item| Block::Bullets(vec![item]))
            .collect(),
        Block::Steps(items) => items
            .into_iter()
            .map(|item| Block::Steps(vec![item]))
            .collect(),
    }
}

/// A block of one line that is too long, in pieces that are not; only the first has the mark.
fn pieces(block: Block) -> Vec<Block> {
    let mut pieces = Vec::new();
    let mut cut = |line: Vec<Inline>, first: &dyn Fn(Vec<Inline>) -> Block| {
        for piece in cut_line(line, LIMIT - MARK - 1) {
            let mark = pieces.is_empty();
            pieces.push(if mark {
                first(piece)
            } else {
                Block::Paragraph(vec![piece])
            });
        }
    };
    match block {
        Block::Paragraph(lines) => {
            for line in lines {
                cut(line, &|piece| Block::Paragraph(vec![piece]));
            }
        }
        Block::Bullets(items) => {
            for item in items {
                cut(item, &|piece| Block::Bullets(vec![piece]));
            }
        }
        Block::Steps(items) => {
            for (number, item) in items {
                cut(item, &|piece| Block::Steps(vec![(number, piece)]));
            }
        }
    }
    pieces
}

/// Cuts a line at words, and words only where one alone is too long.
fn cut_line(line: Vec<Inline>, limit: usize) -> Vec<Vec<Inline>> {
    let mut done = Vec::new();
    let mut piece: Vec<Inline> = Vec::new();
    let mut room = limit;
    for inline in line {
        let (text, again): (String, Box<dyn Fn(String) -> Inline>) = match inline {
            Inline::Text(text) => (text, Box::new(Inline::Text)),
            Inline::Bold(text) => (text, Box::new(Inline::Bold)),
            Inline::Link(text, to) => (text, Box::new(move |text| Inline::Link(text, to.clone()))),
        };
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let end = fitting(rest, room, piece.is_empty());
            if end > 0 {
                room -= utf16(&rest[..end]);
                piece.push(again(rest[..end].to_owned()));
                rest = &rest[end..];
            }
            if !rest.is_empty() {
                done.push(std::mem::take(&mut piece));
                room = limit;
            }
        }
    }
    done.push(piece);
    done
}

/// Bytes of the longest beginning of at most `room` units that ends with a word; if there is none,
/// 0, or with `hard` of the longest beginning at all (one character at least).
fn fitting(text: &str, room: usize, hard: bool) -> usize {
    let mut used = 0;
    let mut word = 0;
    for (at, c) in text.char_indices() {
        used += c.len_utf16();
        if used > room {
            return match (word, hard) {
                (0, true) => at.max(c.len_utf8()),
                (word, _) => word,
            };
        }
        if c.is_whitespace() {
            word = at + c.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message {
            text: text.to_owned(),
            buttons: vec![
                vec![MessageButton {
                    label: "Ok".into(),
                    token: "h.x".into(),
                }],
                vec![],
            ],
            ..Message::default()
        }
    }

    fn visible(html: &str) -> usize {
        let mut out = String::new();
        let mut tag = false;
        for c in html.chars() {
            match c {
                '<' => tag = true,
                '>' => tag = false,
                c if !tag => out.push(c),
                _ => {}
            }
        }
        let plain = out
            .replace("&lt;", "<")
            .replace("&#39;", "'")
            .replace("&amp;", "&");
        plain.encode_utf16().count()
    }

    #[test]
    fn a_short_message_is_one_part_with_buttons_and_without_preview() {
        let drawn = draw(&message("**Hei** <x>\n\n- a\n- b"));
        assert_eq!(
            drawn.tails,
            [
                "\"text\":\"<b>Hei</b> &lt;x&gt;\\n\\n• a\\n• b\",\"parse_mode\":\"HTML\",\
              \"link_preview_options\":{\"is_disabled\":true},\
              \"reply_markup\":{\"inline_keyboard\":[[{\"text\":\"Ok\",\"callback_data\":\"h.x\"}]]}}"
            ]
        );
        assert!(draw(&message(" \n ")).tails.is_empty());
    }

    #[test]
    fn long_texts_are_cut_at_blocks_then_lines_then_words_then_anywhere() {
        let block = "a".repeat(3000);
        assert_eq!(
            parts(&format!("{block}\n\n{block}")),
            [block.clone(), block.clone()]
        );
        assert_eq!(
            parts(&format!("{block}\n{block}")),
            [block.clone(), block.clone()]
        );
        let words = "sana ".repeat(2000);
        let cut = parts(&words);
        assert!(
            cut.len() == 3
                && cut
                    .iter()
                    .all(|part| part.ends_with("sana ") || part.ends_with("sana"))
        );
        assert_eq!(cut.concat().trim_end(), words.trim_end());
        let emoji = "🚒".repeat(5000);
        let cut = parts(&emoji);
        assert_eq!(cut.concat(), emoji);
        assert!(cut.iter().all(|part| visible(part) <= LIMIT));
    }

    #[test]
    fn no_part_is_too_long_and_nothing_is_lost_whatever_the_text() {
        let mut seed = 7_u64;
        for _ in 0..300 {
            let mut text = String::new();
            for _ in 0..40 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let n = usize::try_from(seed >> 52).unwrap_or(0);
                match seed >> 33 & 7 {
                    0 => text.push_str("\n\n"),
                    1 => text.push_str("\n- "),
                    2 => text.push_str("\n12. "),
                    3 => text.push_str(&format!("**{}**", "<b ".repeat(n / 8 + 1))),
                    4 => text.push_str(&format!("[{}](https://e.fi)", "'å".repeat(n / 4 + 1))),
                    5 => text.push_str(&"🚒".repeat(n)),
                    _ => text.push_str(&"w&rd ".repeat(n / 4)),
                }
            }
            let parts = parts(&text);
            assert!(parts.iter().all(|part| visible(part) <= LIMIT));
            let letters = |text: &str| text.matches('🚒').count();
            assert_eq!(
                parts.iter().map(|part| letters(part)).sum::<usize>(),
                letters(&text)
            );
        }
    }

    #[test]
    fn long_addresses_count_too() {
        let link = format!("- [x](https://e.fi/{})\n", "y".repeat(1000));
        let parts = parts(&link.repeat(100));
        assert!(parts.len() == 4 && parts.iter().all(|part| part.len() <= MAX_BYTES));
    }

    #[test]
    fn a_number_to_call_is_always_readable() {
        assert_eq!(
            parts("[Soita](tel:112) [09 4711](tel:094711)"),
            ["Soita (112) 09 4711"]
        );
    }

    #[test]
    fn the_same_allocation_is_drawn_once() {
        let gallery = Gallery::default();
        let one = Arc::new(message("a"));
        let drawn = gallery.get(&one);
        assert!(Arc::ptr_eq(&drawn, &gallery.get(&one)));
        for n in 0..20 {
            assert!(
                gallery.get(&Arc::new(message(&n.to_string()))).tails[0].contains(&n.to_string())
            );
        }
    }
}
