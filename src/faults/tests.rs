//! How faults read, and how close a slip may be to its word.

use super::{Faults, did_you_mean, nearest, parse};

#[test]
fn faults_are_sorted_and_each_is_one_line() {
    let mut faults = Faults::default();
    faults.add("b.toml", "x", "is empty");
    faults.add("a.toml", "y.z", "\"two\nlines\" is not known");
    faults.add("a.toml", "", "missing");
    faults.add("b.toml", "x", "is empty");
    assert_eq!(
        faults.to_string(),
        "a.toml: missing\na.toml: y.z: \"two\\nlines\" is not known\nb.toml: x: is empty"
    );
}

#[test]
fn a_slip_finds_its_word_and_a_stranger_finds_none() {
    let known = ["token", "token_file", "mode", "api_url", "dir"];
    for (word, expected) in [
        ("tokn", Some("token")),
        ("tokne", Some("token")),
        ("tokenfile", Some("token_file")),
        ("apiurl", Some("api_url")),
        ("dri", None),
        ("dirs", Some("dir")),
        ("colour", None),
    ] {
        assert_eq!(nearest(word, known), expected, "{word}");
    }
    assert_eq!(did_you_mean("tokn", known), "; did you mean \"token\"?");
    assert_eq!(did_you_mean("colour", known), "");
}

#[test]
fn syntax_errors_tell_line_and_column() {
    for (text, place) in [
        ("a = 1\nb = \n", "x.toml:2:"),
        ("a = 1\na = 2\n", "x.toml:2:1"),
        ("\n\n  = 2\n", "x.toml:3:3"),
        ("a = \"\u{e4}\u{e4}\" b\n", "x.toml:1:10"),
        ("d = 2026-13-41\n", "x.toml:1:"),
    ] {
        let mut faults = Faults::default();
        assert!(parse("x.toml", text, &mut faults).is_none(), "{text}");
        let first = faults.to_string();
        assert!(first.starts_with(place), "{text:?}: {first}");
        assert_eq!(first.lines().count(), faults.len(), "{first}");
    }
}

#[test]
fn syntax_errors_stand_in_the_order_of_the_file() {
    let mut faults = Faults::default();
    let text = format!("a = \n{}b = \n", "\n".repeat(9));
    assert!(parse("x.toml", &text, &mut faults).is_none());
    let places: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(places[0].starts_with("x.toml:1:"), "{places:?}");
    assert!(places[1].starts_with("x.toml:11:"), "{places:?}");
}

#[test]
fn several_syntax_errors_are_all_told() {
    let mut faults = Faults::default();
    assert!(parse("x.toml", "a = \nb = 1\nc = [\n", &mut faults).is_none());
    assert!(faults.len() >= 2, "{faults}");
}
