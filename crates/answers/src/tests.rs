//! Behaviour of retrieval on a small knowledge base.

use super::*;

fn entry(id: &str, fi: (&str, &str, &[&str]), sv: Option<(&str, &str)>) -> Entry {
    let text = |question: &str, answer: &str, phrasings: &[&str]| EntryText {
        question: question.to_owned(),
        answer: answer.to_owned(),
        phrasings: phrasings.iter().map(|text| (*text).to_owned()).collect(),
    };
    let mut texts = Localized::default();
    texts.insert(Lang::FI, text(fi.0, fi.1, fi.2));
    if let Some((question, answer)) = sv {
        texts.insert(Lang::SV, text(question, answer, &[]));
    }
    Entry {
        id: id.to_owned(),
        topic: "fire".to_owned(),
        texts,
    }
}

fn entries() -> Vec<Entry> {
    vec![
        entry(
            "burning",
            (
                "Saako risuja polttaa pihalla?",
                "Kysy kunnan ympäristömääräyksistä.",
                &["oksien poltto"],
            ),
            Some((
                "Får man elda ris på gården?",
                "Fråga kommunen om miljöföreskrifterna.",
            )),
        ),
        entry(
            "smoke-alarm-test",
            (
                "Kuinka usein palovaroitin testataan?",
                "Kokeile kerran kuussa nappia painamalla.",
                &[],
            ),
            Some((
                "Hur ofta testas brandvarnaren?",
                "Prova en gång i månaden med knappen.",
            )),
        ),
        entry(
            "smoke-alarm-owner",
            (
                "Kenen vastuulla palovaroitin on?",
                "Rakennuksen omistaja hankkii laitteet.",
                &[],
            ),
            Some((
                "Vem skaffar brandvarnaren?",
                "Byggnadens ägare skaffar apparaterna.",
            )),
        ),
        entry(
            "ice",
            (
                "Kuinka paksu jään pitää olla?",
                "Kävelijälle kymmenen senttiä teräsjäätä.",
                &["kantaako jää"],
            ),
            Some((
                "Hur tjock måste isen vara?",
                "Tio centimeter kärnis för den som går.",
            )),
        ),
        entry(
            "sweeping",
            (
                "Milloin savuhormi nuohotaan?",
                "Vakituisessa asunnossa kerran vuodessa.",
                &[],
            ),
            None,
        ),
    ]
}

static VECTORS: &[u8] = include_bytes!("../data/vectors.bin");

fn lexicon() -> Lexicon {
    Lexicon::new(&Localized::default(), Some(VECTORS))
        .with_corpus(
            Lang::FI,
            include_str!("../data/corpus/fi.txt"),
            include_str!("../data/background/fi.txt"),
        )
        .with_corpus(
            Lang::SV,
            include_str!("../data/corpus/sv.txt"),
            include_str!("../data/background/sv.txt"),
        )
}

/// A lexicon of the vectors and a few lines of Finnish.
fn with_lines(lines: &str, background: &str) -> Lexicon {
    Lexicon::new(&Localized::default(), Some(VECTORS)).with_corpus(Lang::FI, lines, background)
}

fn thresholds() -> Thresholds {
    toml::from_str(include_str!("../../../content/thresholds.toml"))
        .expect("the shipped thresholds")
}

fn answers() -> Answers {
    Answers::build(&lexicon(), &entries(), &thresholds())
}

fn answered(outcome: &Outcome) -> Option<usize> {
    match outcome {
        Outcome::Answer { entry, .. } => Some(entry.0),
        _ => None,
    }
}

#[test]
fn a_clear_question_gets_its_answer_in_either_language() {
    let answers = answers();
    assert_eq!(
        answered(&answers.ask(Lang::FI, "saanko polttaa risuja omalla pihalla")),
        Some(0)
    );
    assert_eq!(
        answered(&answers.ask(Lang::SV, "får jag elda ris på min gård")),
        Some(0)
    );
}

#[test]
fn diacritics_case_and_inflection_do_not_matter() {
    let (answers, entries) = (answers(), entries());
    for (text, entry) in [
        ("KUINKA PAKSU JAA PITAA OLLA", 3),
        ("savuhormin nuohous milloin", 4),
    ] {
        let found = answers.look(Lang::FI, text);
        assert_eq!(found.ranked[0].id, entries[entry].id, "{text}");
    }
}

#[test]
fn a_keyword_of_two_entries_offers_both_and_no_others() {
    // Five entries are too few for a word to tell much.
    let thresholds = Thresholds {
        offer: 0.1,
        ..thresholds()
    };
    let answers = Answers::build(&lexicon(), &entries(), &thresholds);
    for (lang, word) in [(Lang::FI, "palovaroitin"), (Lang::SV, "brandvarnare")] {
        let Outcome::Offer { entries, .. } = answers.ask(lang, word) else {
            panic!("{word}: {:?}", answers.ask(lang, word));
        };
        let mut places: Vec<usize> = entries.iter().map(|entry| entry.0).collect();
        places.sort_unstable();
        assert_eq!(places, [1, 2], "{word}");
    }
}

#[test]
fn a_two_letter_keyword_finds_its_entry() {
    let answers = answers();
    for (lang, word) in [(Lang::FI, "jää"), (Lang::SV, "is")] {
        assert_eq!(answers.look(lang, word).ranked[0].id, "ice", "{word}");
    }
}

#[test]
fn small_talk_and_gibberish_are_unknown() {
    let answers = answers();
    for text in [
        "moi",
        "kiitos paljon",
        "mitä kuuluu",
        "asdfghjkl",
        "banaani omena",
        "👍",
        "",
        "?",
    ] {
        assert_eq!(answers.ask(Lang::FI, text), Outcome::Unknown, "{text}");
    }
    for text in [
        "hej",
        "tack",
        "vad heter du",
        "qwerty",
        "banan äpple",
        "1 2 3",
    ] {
        assert_eq!(answers.ask(Lang::SV, text), Outcome::Unknown, "{text}");
    }
}

#[test]
fn an_entry_missing_in_a_language_is_never_shown_in_it() {
    let answers = answers();
    let found = answers
        .look(Lang::SV, "nuohotaan savuhormi vuodessa asunnossa")
        .ranked;
    assert!(found.iter().all(|scored| scored.id != "sweeping"));
    let estonian: Lang = "et".parse().expect("two letters");
    assert_eq!(answers.ask(estonian, "palovaroitin"), Outcome::Unknown);
    assert!(answers.look(estonian, "palovaroitin").ranked.is_empty());
}

#[test]
fn thresholds_decide_the_outcome() {
    let asking = |answer, offer| {
        let thresholds = Thresholds {
            answer,
            offer,
            ..thresholds()
        };
        Answers::build(&lexicon(), &entries(), &thresholds).ask(Lang::FI, "risujen poltto pihalla")
    };
    assert!(matches!(asking(0.1, 0.1), Outcome::Answer { .. }));
    assert!(matches!(asking(9.0, 0.1), Outcome::Offer { .. }));
    assert_eq!(asking(9.0, 9.0), Outcome::Unknown);
}

#[test]
fn an_offer_never_holds_more_than_three() {
    let entries: Vec<Entry> = (0..9)
        .map(|n| {
            entry(
                &format!("e{n}"),
                ("Mistä saa joditabletteja?", "Apteekista.", &[]),
                None,
            )
        })
        .collect();
    let answers = Answers::build(
        &lexicon(),
        &entries,
        &Thresholds {
            offer: 0.0,
            ..thresholds()
        },
    );
    let Outcome::Offer { entries, .. } = answers.ask(Lang::FI, "joditabletti") else {
        panic!("equal entries leave no margin");
    };
    assert_eq!(entries, [EntryIndex(0), EntryIndex(1), EntryIndex(2)]);
}

#[test]
fn explaining_is_sorted_and_agrees_with_asking() {
    let answers = answers();
    let found = answers
        .look(Lang::FI, "kenen vastuulla on palovaroittimien hankinta")
        .ranked;
    assert!(found.is_sorted_by(|a, b| a.score >= b.score));
    assert_eq!(
        answered(&answers.ask(Lang::FI, "kenen vastuulla on palovaroittimien hankinta")),
        Some(found[0].entry.0)
    );
    assert!(found[0].legs.grams > 0.0 && found[0].legs.soft > 0.0);
}

#[test]
fn the_same_message_always_gets_the_same_ranking() {
    let (first, second) = (answers(), answers());
    for text in ["palovaroitin", "kuinka usein", "milloin jää kantaa"] {
        assert_eq!(
            first.look(Lang::FI, text).ranked,
            second.look(Lang::FI, text).ranked,
            "{text}"
        );
    }
}

#[test]
fn hostile_messages_are_answered_quickly() {
    let answers = answers();
    let started = std::time::Instant::now();
    let zalgo: String = "palo"
        .chars()
        .flat_map(|c| std::iter::once(c).chain(std::iter::repeat_n('\u{336}', 50_000)))
        .collect();
    for text in [
        "palovaroitin ".repeat(80_000),
        "å".repeat(500_000),
        (0..200_000).map(|n| format!("{n} ")).collect(),
        "\u{200b}".repeat(300_000),
        "\u{fdfa}".repeat(300_000),
        "\u{202e}مرحبا 👩‍👩‍👧‍👦 ".repeat(20_000),
        "\0\u{7f}\u{fffd}\u{10ffff}".repeat(10_000),
        zalgo,
    ] {
        let _ = answers.ask(Lang::FI, &text);
        let _ = answers.look(Lang::SV, &text).ranked;
    }
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn a_word_of_the_same_meaning_finds_the_entry() {
    let groups = vec!["palovaroitin, savuhälytin".to_owned()];
    let thesauri = [(Lang::FI, groups)].into_iter().collect();
    let with = Answers::build(&Lexicon::new(&thesauri, None), &entries(), &thresholds());
    let without = Answers::build(&Lexicon::default(), &entries(), &thresholds());
    let first = |answers: &Answers| {
        let found = answers.look(Lang::FI, "savuhälyttimestä").ranked;
        found
            .first()
            .map(|one| (one.id.clone(), one.legs.concepts > 0.0))
    };
    assert!(matches!(first(&with), Some((id, true)) if id.starts_with("smoke-alarm")));
    assert!(!matches!(first(&without), Some((id, _)) if id.starts_with("smoke-alarm")));
}

#[test]
fn without_thesaurus_and_vectors_words_stand_for_themselves() {
    let answers = Answers::build(&Lexicon::default(), &entries(), &thresholds());
    let found = answers
        .look(Lang::FI, "kuinka paksu jään pitää olla")
        .ranked;
    assert_eq!(found[0].id, "ice");
}

#[test]
fn a_broken_table_of_vectors_is_left_out() {
    for bytes in [
        &b""[..],
        b"TSV1",
        b"TSV1\x80\0\x04\0\xff\xff\xff\xff\x02\0\0\0",
        b"nonsense",
    ] {
        let lexicon = Lexicon::new(&Localized::default(), Some(bytes));
        let answers = Answers::build(&lexicon, &entries(), &thresholds());
        assert_eq!(answers.look(Lang::FI, "paksu jää").ranked[0].legs.soft, 0.0);
    }
}

#[test]
fn a_knowledge_base_may_be_empty() {
    let answers = Answers::build(&Lexicon::default(), &[], &thresholds());
    assert_eq!(answers.ask(Lang::FI, "palovaroitin"), Outcome::Unknown);
}

#[test]
fn a_line_of_the_corpus_lends_its_words_to_the_entry_it_is_like() {
    let line = "Kuinka paksu jään pitää olla, ennen kuin pilkkijä uskaltaa kairata?";
    let asked = |lexicon: &Lexicon| {
        let answers = Answers::build(lexicon, &entries(), &thresholds());
        let found = answers.look(Lang::FI, "pilkkijä uskaltaa kairata");
        let ice = found.ranked.into_iter().find(|one| one.id == "ice");
        ice.expect("some likeness").legs.hop
    };
    let other = "Nuohooja kysyy avainta, kun piippu ja tulisija on puhdistettava syksyllä.";
    let lines = format!("# about ice and sweeping\n{line}\n{other}");
    let (with, without) = (with_lines(&lines, ""), with_lines(other, ""));
    assert!(
        asked(&with) > 2.0 * asked(&without),
        "{} {}",
        asked(&with),
        asked(&without)
    );
    assert_eq!(asked(&with_lines("", "")), 0.0);
}

#[test]
fn a_message_like_the_background_is_less_sure() {
    let background = "Kirjaston aukioloajat ja lainojen uusiminen verkossa\n\
                      Uimahallin liput ja vuorot aikuisille keväällä";
    let line = "Jään paksuus mitataan kairalla ennen pilkkimistä";
    let confidence = |lexicon: &Lexicon, text: &str| {
        let answers = Answers::build(lexicon, &entries(), &thresholds());
        answers.confidence(answers.look(Lang::FI, text).evidence)
    };
    let (with, without) = (with_lines(line, background), with_lines(line, ""));
    let library = "milloin kirjasto on auki";
    assert!(confidence(&with, library) < confidence(&without, library));
}

#[test]
fn a_mistyped_word_is_read_as_it_was_meant() {
    let groups = vec!["palovaroitin, savuhälytin".to_owned()];
    let thesauri = [(Lang::FI, groups)].into_iter().collect();
    let answers = Answers::build(&Lexicon::new(&thesauri, None), &entries(), &thresholds());
    let concepts = |text: &str| {
        let found = answers.look(Lang::FI, text).ranked;
        found.first().map_or(0.0, |one| one.legs.concepts)
    };
    assert!(concepts("savuhläytni") > 0.0);
    assert_eq!(concepts("savulautanen"), 0.0);
}

#[test]
fn a_small_knowledge_base_offers_nothing_about_other_matters() {
    let alarms = |count: usize| -> Vec<Entry> {
        let all = entries().into_iter();
        all.filter(|one| one.id.starts_with("smoke-alarm"))
            .take(count)
            .collect()
    };
    for count in [1, 2] {
        let answers = Answers::build(&lexicon(), &alarms(count), &thresholds());
        for (lang, text) in [
            (Lang::FI, "kirjaston aukioloajat"),
            (Lang::FI, "milloin uimahalli aukeaa"),
            (Lang::FI, "onko kunnassa vapaita vuokra-asuntoja"),
            (Lang::FI, "mistä saan pysäköintiluvan keskustaan"),
            (Lang::SV, "bibliotekets öppettider"),
            (Lang::SV, "hur söker jag dagisplats"),
        ] {
            assert_eq!(answers.ask(lang, text), Outcome::Unknown, "{count}: {text}");
        }
        for (lang, text) in [
            (Lang::FI, "kuinka usein palovaroitin pitää testata"),
            (Lang::SV, "hur ofta ska man testa brandvarnaren"),
        ] {
            assert_ne!(answers.ask(lang, text), Outcome::Unknown, "{count}: {text}");
            assert_eq!(answers.look(lang, text).ranked[0].id, "smoke-alarm-test");
        }
    }
}

#[test]
fn the_very_question_or_phrasing_of_one_entry_is_answered() {
    let answers = Answers::build(&Lexicon::default(), &entries(), &thresholds());
    for (lang, text, id) in [
        (
            Lang::FI,
            "KENEN vastuulla palovaroitin on",
            "smoke-alarm-owner",
        ),
        (Lang::FI, "oksien poltto!", "burning"),
        (Lang::SV, "vem skaffar brandvarnaren?", "smoke-alarm-owner"),
    ] {
        let found = answers.look(lang, text);
        assert_eq!(found.ranked[0].id, id, "{text}");
        assert!(found.ranked.is_sorted_by(|a, b| a.score >= b.score));
        let Outcome::Answer { confidence, .. } = answers.outcome(&found) else {
            panic!("{text} is not answered");
        };
        assert!((confidence - 1.0).abs() < f32::EPSILON);
    }
    assert!(!answers.look(Lang::FI, "👍").evidence.exact);
}
