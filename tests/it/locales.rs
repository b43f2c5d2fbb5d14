//! The locale files: the same keys, variables and commands in every language, all of them used.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use turvabot::answers::fold;
use turvabot::channels::web::PageTexts;
use turvabot::domain::Phrase;
use turvabot::locale::{Command, Words};

use crate::support::words::{LANGS, LOCALES, phrase};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

type Keys = BTreeMap<String, BTreeSet<String>>;

/// The keys of a file with their variables.
fn keys(lang: &str, file: &str) -> Keys {
    let path = Path::new(ROOT).join("locales").join(lang).join(file);
    let text = std::fs::read_to_string(path).expect("a locale file");
    let resource = fluent_syntax::parser::parse(text).expect("sound Fluent");
    let mut keys = Keys::new();
    for entry in &resource.body {
        if let Entry::Message(message) = entry {
            let mut variables = BTreeSet::new();
            let value = message.value.as_ref().expect("a value");
            pattern(value, &mut variables);
            let known = keys.insert(message.id.name.clone(), variables);
            assert_eq!(
                known, None,
                "{lang}/{file}: {} stands there twice",
                message.id.name
            );
        }
    }
    keys
}

fn pattern(pattern: &Pattern<String>, variables: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression: inner } = element {
            expression(inner, variables);
        }
    }
}

fn expression(expression: &Expression<String>, variables: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(one) => inline(one, variables),
        Expression::Select { selector, variants } => {
            inline(selector, variables);
            for variant in variants {
                pattern(&variant.value, variables);
            }
        }
    }
}

fn inline(inline: &InlineExpression<String>, variables: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            variables.insert(id.name.clone());
        }
        InlineExpression::Placeable { expression: inner } => expression(inner, variables),
        _ => {}
    }
}

/// The program's text, without its own tests.
fn program() -> String {
    fn read(folder: &Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read(&path, text);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = std::fs::read_to_string(&path).expect("a source file");
                text.push_str(
                    file.split("#[cfg(test)]\nmod tests {")
                        .next()
                        .unwrap_or_default(),
                );
            }
        }
    }
    let mut text = String::new();
    read(&Path::new(ROOT).join("src"), &mut text);
    text
}

/// The literals right after a piece of code.
fn after<'t>(text: &'t str, code: &str) -> BTreeSet<&'t str> {
    text.split(code)
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .collect()
}

fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit())
}

#[test]
fn every_key_is_in_both_languages_with_the_same_variables() {
    for file in ["bot.ftl", "web.ftl"] {
        let [fi, sv] = LANGS.map(|lang| keys(lang, file));
        let missing: Vec<_> = fi.keys().filter(|key| !sv.contains_key(*key)).collect();
        assert!(missing.is_empty(), "sv/{file} lacks {missing:?}");
        let missing: Vec<_> = sv.keys().filter(|key| !fi.contains_key(*key)).collect();
        assert!(missing.is_empty(), "fi/{file} lacks {missing:?}");
        for (key, variables) in &fi {
            assert_eq!(variables, &sv[key], "{file}: the variables of {key}");
        }
    }
}

#[test]
fn every_key_that_the_program_uses_exists() {
    let known = keys("fi", "bot.ftl");
    let program = program();
    let mut used = 0;
    for code in [
        "Phrase::new(",
        "Say::phrase(",
        ".and(",
        "Button::new(",
        "|| named(",
    ] {
        for key in after(&program, code).into_iter().filter(|key| is_key(key)) {
            assert!(known.contains_key(key), "{code}\"{key}\") has no words");
            used += 1;
        }
    }
    assert!(used > 60, "the keys are found in the program: {used}");
    let page = keys("fi", "web.ftl");
    for key in PageTexts::KEYS {
        assert!(page.contains_key(*key), "{key} has no words");
    }
}

#[test]
fn every_key_of_the_files_is_used_by_the_program() {
    let program = program();
    let literals: BTreeSet<_> = program.split('"').collect();
    let mut unused = BTreeSet::new();
    for file in ["bot.ftl", "web.ftl"] {
        unused.extend(
            keys("fi", file)
                .into_keys()
                .filter(|key| !literals.contains(&**key)),
        );
    }
    assert_eq!(unused, BTreeSet::new(), "keys that nothing uses");
}

#[test]
fn the_variables_that_the_program_gives_are_those_of_the_files() {
    let program = program();
    let given = after(&program, ".arg(");
    // Given by the rendering of pages and of notices' dates.
    for key in keys("fi", "bot.ftl").values().flatten() {
        let here = given.contains(&**key) || program.contains(&format!("\"{key}\""));
        assert!(here, "nobody gives ${key}");
    }
}

#[test]
fn the_same_commands_are_given_in_both_languages_and_fit_telegrams_menu() {
    for (lang, words) in LOCALES.words() {
        let all: Vec<_> = words.command.keys().copied().collect();
        let mut expected = Command::ALL.to_vec();
        expected.sort_unstable();
        assert_eq!(all, expected, "{lang}");
        let mut slashes = BTreeSet::new();
        for (command, given) in &words.command {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            let slash = &given.slash;
            assert!(
                (1..=32).contains(&slash.len()) && slash.bytes().all(plain),
                "{lang}: /{slash}"
            );
            assert!(slashes.insert(slash), "{lang}: /{slash} stands there twice");
            let menu = given.menu.chars().count();
            assert!((1..=256).contains(&menu), "{lang}: the menu of {command:?}");
        }
    }
}

/// What each whole message means in a language: folded word and meaning. What says yes or no does so
/// only to a question, and a slash makes a command of a call for help.
fn meanings(words: &Words) -> Vec<(String, String)> {
    let mut meanings = Vec::new();
    let mut add = |list: &[String], meaning: &str| {
        for word in list {
            assert!(!fold(word).is_empty(), "\"{word}\" holds no word");
            meanings.push((fold(word), meaning.to_owned()));
        }
    };
    add(&words.cry, "cry");
    add(&words.greeting, "greeting");
    add(&words.thanks, "thanks");
    add(&words.speak, "speak");
    let cries: BTreeSet<_> = words.cry.iter().map(|word| fold(word)).collect();
    for (command, given) in &words.command {
        add(&given.words, &format!("{command:?}"));
        if !cries.contains(&given.slash) {
            add(std::slice::from_ref(&given.slash), &format!("{command:?}"));
        }
    }
    meanings
}

#[test]
fn no_word_means_two_things() {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (lang, words) in LOCALES.words() {
        for (word, meaning) in meanings(words) {
            // The same word may wish for either language only if it names that language.
            let meaning = if meaning == "speak" {
                format!("speak {lang}")
            } else {
                meaning
            };
            let known = all.entry(word.clone()).or_insert_with(|| meaning.clone());
            assert_eq!(*known, meaning, "{lang}: \"{word}\"");
        }
        let yes: BTreeSet<_> = words.yes.iter().map(|word| fold(word)).collect();
        let both = words.no.iter().find(|word| yes.contains(&fold(word)));
        assert_eq!(both, None, "{lang}: yes and no at once");
        let on: BTreeSet<_> = words.subscribe.iter().map(|word| fold(word)).collect();
        let both = words
            .unsubscribe
            .iter()
            .find(|word| on.contains(&fold(word)));
        assert_eq!(both, None, "{lang}: subscribe and unsubscribe at once");
    }
}

#[test]
fn yes_in_one_language_is_no_in_none() {
    let mut yes = BTreeSet::new();
    let mut no = BTreeSet::new();
    for (_, words) in LOCALES.words() {
        yes.extend(words.yes.iter().map(|word| fold(word)));
        no.extend(words.no.iter().map(|word| fold(word)));
    }
    assert_eq!(yes.intersection(&no).next(), None);
}

/// Key, language, and what must be said about 0, 1, 2 and 5.
const FORMS: [(&str, &str, [&str; 4]); 8] = [
    (
        "notices",
        "fi",
        [
            "0 tiedotetta.",
            "1 tiedote.",
            "2 tiedotetta.",
            "5 tiedotetta.",
        ],
    ),
    (
        "notices",
        "sv",
        [
            "0 meddelanden.",
            "1 meddelande.",
            "2 meddelanden.",
            "5 meddelanden.",
        ],
    ),
    (
        "topics",
        "fi",
        [
            "Et tilaa nyt mitään aihetta.",
            "1 aiheen.",
            "2 aihetta.",
            "5 aihetta.",
        ],
    ),
    (
        "topics",
        "sv",
        [
            "Du prenumererar inte på något ämne",
            "1 ämne.",
            "2 ämnen.",
            "5 ämnen.",
        ],
    ),
    (
        "areas",
        "fi",
        [
            "Et ole valinnut aluetta",
            "1 aluetta.",
            "2 aluetta.",
            "5 aluetta.",
        ],
    ),
    (
        "areas",
        "sv",
        [
            "Du har inte valt något område",
            "1 område.",
            "2 områden.",
            "5 områden.",
        ],
    ),
    (
        "polls",
        "fi",
        ["0 kyselyä.", "1 kysely.", "2 kyselyä.", "5 kyselyä."],
    ),
    (
        "polls",
        "sv",
        [
            "0 enkäter öppna.",
            "1 enkät öppen.",
            "2 enkäter öppna.",
            "5 enkäter öppna.",
        ],
    ),
];

#[test]
fn numbers_are_followed_by_the_right_form() {
    for (key, lang, forms) in FORMS {
        for (number, expected) in [0, 1, 2, 5].into_iter().zip(forms) {
            let text = phrase(lang, Phrase::new(key).arg("count", number));
            assert!(text.contains(expected), "{lang}: {expected}: {text}");
        }
    }
}
