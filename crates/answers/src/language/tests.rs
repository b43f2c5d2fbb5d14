//! Languages told apart with samples of a few words.

use super::*;

fn samples() -> Localized<Vec<String>> {
    let list = |text: &str| vec![text.to_owned()];
    Localized::from_iter([
        (
            Lang::FI,
            list(
                "moi apua ohje kieli aiheet tulipalo jää kiitos missä on lähin väestönsuoja miten toimin kun sähköt katkeavat okei data palovaroitin hätänumero",
            ),
        ),
        (
            Lang::SV,
            list(
                "hej hjälp anvisning språk ämnen brand is isen tack var finns närmaste skyddsrum vad gör jag när strömmen går okej data brandvarnare nödnummer",
            ),
        ),
    ])
}

fn others() -> Localized<Vec<String>> {
    let list = |text: &str| vec![text.to_owned()];
    Localized::from_iter([
        (
            "en".parse().expect("two letters"),
            list(
                "I you we is are the a on in my what where when who how do can help please there fire smoke house call police street doctor need someone account hacked mail phishing thanks for your have to now this",
            ),
        ),
        (
            "de".parse().expect("two letters"),
            list("ich du wir ist das die der ein mein was wo wann hilfe bitte es brennt haus"),
        ),
    ])
}

fn named(id: &LanguageId, text: &str) -> Option<Lang> {
    id.identify(text).lang
}

#[test]
fn single_words_are_told_apart_with_and_without_diacritics() {
    let id = LanguageId::train(&samples(), &others());
    for word in [
        "moi",
        "APUA",
        "ohje",
        "kieli",
        "aiheet",
        "tulipalo",
        "jää",
        "jaa",
        "vaestonsuoja",
    ] {
        assert_eq!(named(&id, word), Some(Lang::FI), "{word}");
    }
    for word in [
        "hej", "hjälp", "hjalp", "Språk", "sprak", "ämnen", "amnen", "brand", "is",
    ] {
        assert_eq!(named(&id, word), Some(Lang::SV), "{word}");
    }
}

#[test]
fn words_outside_the_samples_are_judged_by_their_letters() {
    let id = LanguageId::train(&samples(), &others());
    assert_eq!(named(&id, "sähkökatkoista"), Some(Lang::FI));
    assert_eq!(named(&id, "skyddsrummen"), Some(Lang::SV));
}

#[test]
fn nothing_to_go_on_names_no_language() {
    let id = LanguageId::train(&samples(), &others());
    for text in [
        "",
        "112",
        "116 117",
        "👍",
        "?!",
        "привет",
        "\u{200b}",
        "データ",
    ] {
        assert_eq!(named(&id, text), None, "{text:?}");
    }
}

#[test]
fn a_third_language_is_a_third_sample() {
    let mut samples = samples();
    let english: Lang = "en".parse().expect("two letters");
    samples.insert(
        english,
        vec!["hello where is the nearest shelter what should I do thanks".to_owned()],
    );
    let id = LanguageId::train(&samples, &others());
    assert_eq!(named(&id, "what is the shelter"), Some(english));
    assert_eq!(named(&id, "missä on suoja"), Some(Lang::FI));
}

#[test]
fn sentences_of_another_language_are_noticed() {
    let id = LanguageId::train(&samples(), &others());
    for text in [
        "my house is on fire",
        "where can I call the police?",
        "wo ist mein haus",
        "PLEASE help, I need a doctor",
    ] {
        let heard = id.identify(text);
        assert!(heard.other && heard.lang.is_none(), "{text}: {heard:?}");
        assert!(heard.margin > OTHER_MARGIN, "{text}: {heard:?}");
    }
}

#[test]
fn foreign_scripts_are_another_language_even_as_one_word() {
    let id = LanguageId::train(&samples(), &others());
    for text in [
        "помогите",
        "النجدة",
        "救命",
        "ไฟไหม้บ้าน",
        "βοήθεια",
        "データ",
        "Помогите, SOS",
    ] {
        assert!(id.identify(text).other, "{text}");
    }
    for text in [
        "¯\\_(ツ)_/¯",
        "ʕ•ᴥ•ʔ",
        "Ω",
        "𝐚𝐩𝐮𝐚",
        "ａｐｕａ",
        "apua привет apua",
        "👍🏽",
        "112",
    ] {
        assert!(!id.identify(text).other, "{text}");
    }
}

#[test]
fn loanwords_names_and_single_words_are_no_other_language() {
    let id = LanguageId::train(&samples(), &others());
    for text in [
        "help",
        "doctor",
        "phishing mail",
        "fire",
        "hacked",
        "tulipalo mail",
        "is",
        "my account hacked hätänumero tulipalo",
    ] {
        assert!(!id.identify(text).other, "{text}");
    }
    assert_eq!(named(&id, "phishing mail"), None);
    assert_eq!(named(&id, "missä phishing mail ohje"), Some(Lang::FI));
    assert_eq!(named(&id, "var finns phishing mail"), Some(Lang::SV));
}

#[test]
fn some_foreign_words_make_no_foreign_message() {
    let id = LanguageId::train(&samples(), &others());
    assert!(id.identify("please call my house").other);
    for text in [
        // A third of the words is clearly Finnish.
        "please call my house tulipalo palovaroitin",
        // Most words say nothing for any language.
        "my house qxz zqx xzq",
    ] {
        assert!(!id.identify(text).other, "{text}");
    }
}

#[test]
fn the_majority_of_words_decides_and_not_the_longest() {
    let id = LanguageId::train(&samples(), &others());
    assert_eq!(named(&id, "mikä on brandvarnare"), Some(Lang::FI));
    assert_eq!(named(&id, "vad gör palovaroitin"), Some(Lang::SV));
}

#[test]
fn stretched_letters_do_not_hide_a_word() {
    assert_eq!(unstretched("hjääääälp  111 aa!!!!"), "hjälp  111 aa!!!!");
    let id = LanguageId::train(&samples(), &others());
    assert_eq!(named(&id, "hjääääälp"), Some(Lang::SV));
    assert_eq!(named(&id, "apuaaaa"), Some(Lang::FI));
}

#[test]
fn what_is_served_is_no_other_language() {
    let mut served = samples();
    let english: Lang = "en".parse().expect("two letters");
    served.insert(english, others().get(english).cloned().unwrap_or_default());
    let russian: Lang = "ru".parse().expect("two letters");
    served.insert(russian, vec!["помогите где пожар".to_owned()]);
    let id = LanguageId::train(&served, &others());
    assert_eq!(named(&id, "my house is on fire"), Some(english));
    assert_eq!(id.languages.iter().filter(|l| **l == english).count(), 1);
    assert_eq!(named(&id, "где пожар"), Some(russian));
}

#[test]
fn one_language_or_none_is_no_choice() {
    assert_eq!(
        named(&LanguageId::train(&Localized::default(), &others()), "moi"),
        None
    );
    let one = Localized::from_iter([(Lang::FI, vec!["moi".to_owned()])]);
    assert_eq!(named(&LanguageId::train(&one, &others()), "moi"), None);
}

#[test]
fn training_is_deterministic_and_hostile_input_is_cheap() {
    let (first, second) = (
        LanguageId::train(&samples(), &others()),
        LanguageId::train(&samples(), &others()),
    );
    assert_eq!(first.evidence, second.evidence);
    assert_eq!(first.slots, second.slots);
    let started = std::time::Instant::now();
    for text in [
        "hjälp ".repeat(200_000),
        "\u{308}".repeat(500_000),
        "\u{fdfa}".repeat(300_000),
    ] {
        assert_eq!(first.identify(&text), second.identify(&text));
    }
    assert!(started.elapsed().as_secs() < 2);
}
