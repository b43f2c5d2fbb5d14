//! Any text as a message, in either language: language, triage, retrieval and outcome. With the
//! shipped vectors and triage model, and entries that the text itself changes.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use turvabot_answers::{
    Answers, Entry, EntryText, Gate, Lang, LanguageId, Lexicon, Localized, Thresholds, Triage,
    TriageRules,
};

static VECTORS: &[u8] = include_bytes!("../../data/vectors.bin");
static TRIAGE: &[u8] = include_bytes!("../../data/triage.bin");

const LANGS: [Lang; 2] = [Lang::FI, Lang::SV];

const THRESHOLDS: Thresholds = Thresholds {
    answer: 0.6,
    margin: 0.3,
    offer: 0.4,
    near: 0.5,
    gate: Gate {
        bias: -4.5,
        score: 5.0,
        reach: 2.0,
        background: -5.0,
        meaning: 0.0,
    },
};

struct All {
    lexicon: Lexicon,
    answers: Answers,
    language: LanguageId,
    triage: Triage,
}

fn text(question: &str, answer: &str) -> EntryText {
    EntryText {
        question: question.to_owned(),
        answer: answer.to_owned(),
        phrasings: vec![answer.to_owned()],
    }
}

fn entry(fi: EntryText, sv: EntryText) -> Entry {
    Entry {
        id: fi.question.clone(),
        topic: "fire".to_owned(),
        texts: Localized::from_iter([(Lang::FI, fi), (Lang::SV, sv)]),
    }
}

static ALL: LazyLock<All> = LazyLock::new(|| {
    let group = |words: &str| vec![words.to_owned()];
    let thesauri = Localized::from_iter([
        (Lang::FI, group("palovaroitin, häkävaroitin")),
        (Lang::SV, group("brandvarnare, kolosvarnare")),
    ]);
    let lines = "Miten palovaroitin testataan?\nHur testas brandvarnaren?\n";
    let lexicon = LANGS.into_iter().fold(
        Lexicon::new(&thesauri, Some(VECTORS)),
        |lexicon, lang| lexicon.with_corpus(lang, lines, "kirjasto\nbibliotek\n"),
    );
    let entries = [entry(
        text("Miten testaan palovaroittimen?", "Paina nappia."),
        text("Hur testar jag brandvarnaren?", "Tryck på knappen."),
    )];
    let samples = Localized::from_iter([
        (Lang::FI, vec!["Miten testaan palovaroittimen?".to_owned()]),
        (Lang::SV, vec!["Hur testar jag brandvarnaren?".to_owned()]),
    ]);
    let rules = Localized::from_iter([(Lang::FI, TriageRules::default())]);
    All {
        answers: Answers::build(&lexicon, &entries, &THRESHOLDS),
        language: LanguageId::train(&samples, &Localized::default()),
        triage: Triage::new(&rules, Some(TRIAGE), &lexicon),
        lexicon,
    }
});

fn ask(answers: &Answers, message: &str) {
    for lang in LANGS {
        let found = answers.look(lang, message);
        let confidence = answers.confidence(found.evidence);
        assert!((0.0..=1.0).contains(&confidence), "{confidence}");
        assert!(found.ranked.iter().all(|one| one.score.is_finite()));
        let _ = answers.outcome(&found);
    }
}

fuzz_target!(|message: &str| {
    let all = &*ALL;
    let _ = all.language.identify(message);
    let chance = all.triage.assess(message).chance;
    assert!((0.0..=1.0).contains(&chance), "{chance}");
    ask(&all.answers, message);
    let entries = [
        entry(text(message, "x"), text("y", message)),
        entry(text("z", message), text(message, message)),
    ];
    ask(&Answers::build(&all.lexicon, &entries, &THRESHOLDS), message);
});
