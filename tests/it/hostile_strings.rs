//! Whatever people, machines and cats may type: answered in bounded time, without a panic.

use serde_json::{Value, json};
use turvabot::conversation::{respond, understand};
use turvabot::domain::{ActionKey, ChannelKind, Input, Lang};

use super::content::knowledge;
use crate::support::home::run;
use crate::support::talk::{facts, newcomer};

/// How many strings are answered from a file.
const STRINGS: usize = 100_000;

/// How many of them are in one file.
const IN_A_FILE: usize = 5_000;

/// How many are talked to the bot.
const TALKED: usize = 100_000;

/// One in so many strings is a megabyte long.
const LONG: usize = 20_000;

/// Pieces that strings are made of, by kind.
const PIECES: [&[&str]; 9] = [
    &[
        "palo",
        "varoitin",
        "miten",
        "keittiö palaa",
        "apua",
        "entä",
        "öisin?",
        "lisää",
        "112",
    ],
    &[
        "brandvarnare",
        "hur",
        "det brinner",
        "hjälp",
        "och",
        "på natten?",
        "mer",
        "vad gör jag",
    ],
    &[
        "🔥",
        "👩‍🚒",
        "🇫🇮",
        "👍🏽",
        "🧯🧯🧯",
        "\u{1f3f4}\u{e0067}\u{e007f}",
        "❤️",
    ],
    &["שלום", "مرحبا", "\u{202e}", "\u{2066}", "\u{202b}", "حريق"],
    &[
        "a\u{301}",
        "\u{336}\u{335}\u{334}",
        "Z\u{351}\u{30d}",
        "a\u{308}",
        "o\u{308}",
        "\u{20e3}",
    ],
    &[
        "\u{200b}", "\u{200d}", "\u{feff}", "\u{ad}", "\0", "\u{7}", "\u{fffd}", "\r\n", "\t",
    ],
    &[
        "Пожар",
        "火事",
        "ไฟไหม้",
        "화재",
        "ⲫⲣⲏ",
        "𐍈𐌰",
        "ﬁ",
        "ẞ",
        "İ",
        "ǅ",
        "Ω",
    ],
    &[
        "<script>",
        "&amp;",
        "'; DROP TABLE",
        "{\"a\":1}",
        "**",
        "[x](y)",
        "/start",
        "!!",
        "\\",
    ],
    &[
        "1", "0000", "-", "_", ".", "?", "!", ",", ";", " ", "  ", "@", "#",
    ],
];

/// Numbers that look random and are the same every time (Steele et al., SplitMix64, 2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let below = u64::try_from(below).expect("a number");
        usize::try_from((mixed ^ (mixed >> 31)) % below).expect("a number below it")
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.next(all.len())]
    }
}

/// A string: pieces of one kind, of all kinds, or characters of anywhere.
fn string(number: usize, numbers: &mut Numbers) -> String {
    let kind = numbers.next(PIECES.len() + 2);
    let mut text = String::new();
    for _ in 0..numbers.next(12) {
        match PIECES.get(kind) {
            Some(pieces) => text.push_str(numbers.pick(pieces)),
            None if kind == PIECES.len() => {
                let pieces = PIECES[numbers.next(PIECES.len())];
                text.push_str(numbers.pick(pieces));
            }
            None => {
                let code = u32::try_from(numbers.next(0x11_0000)).expect("a code point");
                text.extend(char::from_u32(code));
            }
        }
        if numbers.next(2) == 0 {
            text.push(' ');
        }
    }
    if number % LONG == LONG - 1 {
        let piece = if text.is_empty() { "x" } else { &text };
        return piece.repeat(1_000_000 / piece.len() + 1);
    }
    text
}

#[tokio::test]
async fn a_hundred_thousand_are_answered_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| {
        folder
            .path()
            .join(name)
            .to_str()
            .expect("a plain path")
            .to_owned()
    };
    let mut numbers = Numbers(1);
    let entries = [
        r#"{"id":"a","lang":"fi","topic":"fire","question":"Miten testaan palovaroittimen?","answer":"Paina nappia."}"#,
        r#"{"id":"a","lang":"sv","topic":"fire","question":"Hur testar jag brandvarnaren?","answer":"Tryck på knappen."}"#,
        r#"{"id":"b","lang":"fi","topic":"fire","question":"🔥? İ ﬁ a\u0301","answer":"\u202e<script>"}"#,
    ];
    std::fs::write(path("kb"), entries.join("\n")).expect("a file");
    let (kb, queries, out) = (path("kb"), path("queries"), path("out"));
    for file in 0..STRINGS / IN_A_FILE {
        let all = file * IN_A_FILE..(file + 1) * IN_A_FILE;
        let lines: Vec<String> = all
            .clone()
            .map(|number| json!({"id": number.to_string(), "text": string(number, &mut numbers)}))
            .map(|query| query.to_string())
            .collect();
        std::fs::write(&queries, lines.join("\n")).expect("a file");
        let args = [
            "kb",
            "run",
            "--kb",
            &kb,
            "--queries",
            &queries,
            "--out",
            &out,
        ];
        let ran = run(&args).await;
        assert!(ran.success, "{}", ran.stderr);
        let written = std::fs::read_to_string(&out).expect("the answers");
        assert_eq!(written.lines().count(), IN_A_FILE);
        for (number, line) in all.zip(written.lines()) {
            let answer: Value = serde_json::from_str(line).expect("a line of JSON");
            assert_eq!(answer["id"], number.to_string());
            for share in ["confidence", "emergency"] {
                let share = answer[share].as_f64().expect("a number");
                assert!((0.0..=1.0).contains(&share), "{line}");
            }
        }
    }
}

#[test]
fn the_bot_has_words_for_every_string() {
    let knowledge = knowledge();
    let key = ActionKey::new(b"key");
    let mut numbers = Numbers(2);
    let mut resident = newcomer(ChannelKind::Web, Lang::FI);
    resident.lang_chosen = false;
    for number in 0..TALKED {
        let text = string(number, &mut numbers);
        let input = Input::Text(text.clone());
        let understood = understand(&resident, &input, &knowledge, &key);
        let turn = respond(resident, understood, facts(&knowledge));
        assert!(!turn.replies.is_empty(), "{text:?}");
        // One resident says it all, so that each string may go on from the last.
        resident = turn.resident;
        let recalled = resident.dialogue.recall.question.as_deref();
        assert!(recalled.is_none_or(|kept| kept.chars().count() <= 300));
    }
}
