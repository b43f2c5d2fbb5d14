//! A tiny model with random weights, made here, goes through the whole encoder.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};
use support::{HIDDEN, Tensors, config, folder, put, put_tensors, tensors, tokenizer};
use tempfile::TempDir;
use turvabot_encoder::{Encoder, Error, Kind};

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The message of a folder that doesn't load, without the folder's own name.
fn refused(dir: &TempDir) -> String {
    let error = Encoder::load(dir.path()).unwrap_err().to_string();
    let start = format!("{}/", dir.path().display());
    error
        .strip_prefix(&start)
        .unwrap_or_else(|| panic!("names no file of the folder: {error}"))
        .to_owned()
}

/// The mean of the last layer as the definition of BERT has it, in f64 and one number at a time.
fn by_definition(tensors: &Tensors, ids: &[usize]) -> Vec<f64> {
    type Rows = Vec<Vec<f64>>;
    let flat = |name: &str| -> Vec<f64> { tensors[name].1.iter().map(|x| f64::from(*x)).collect() };
    let row = |name: &str, at: usize| flat(name)[at * HIDDEN..(at + 1) * HIDDEN].to_vec();
    let add = |a: &Rows, b: &Rows| -> Rows {
        a.iter()
            .zip(b)
            .map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + b).collect())
            .collect()
    };
    let norm = |x: &Rows, name: &str| -> Rows {
        let (weight, bias) = (
            flat(&format!("{name}.weight")),
            flat(&format!("{name}.bias")),
        );
        x.iter()
            .map(|x| {
                let mean = x.iter().sum::<f64>() / HIDDEN as f64;
                let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / HIDDEN as f64;
                (0..HIDDEN)
                    .map(|i| (x[i] - mean) / (variance + 1e-12).sqrt() * weight[i] + bias[i])
                    .collect()
            })
            .collect()
    };
    let linear = |x: &Rows, name: &str| -> Rows {
        let (weight, bias) = (
            flat(&format!("{name}.weight")),
            flat(&format!("{name}.bias")),
        );
        x.iter()
            .map(|x| {
                bias.iter()
                    .enumerate()
                    .map(|(o, b)| {
                        b + x
                            .iter()
                            .enumerate()
                            .map(|(i, x)| x * weight[o * x_len(&weight, &bias) + i])
                            .sum::<f64>()
                    })
                    .collect()
            })
            .collect()
    };
    fn x_len(weight: &[f64], bias: &[f64]) -> usize {
        weight.len() / bias.len()
    }
    // Abramowitz and Stegun 7.1.26, good to 1.5e-7.
    let erf = |x: f64| {
        let t = 1.0 / (1.0 + 0.3275911 * x.abs());
        let poly = t
            * (0.254829592
                + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
        (1.0 - poly * (-x * x).exp()) * x.signum()
    };

    let mut x: Rows = ids
        .iter()
        .enumerate()
        .map(|(at, id)| {
            let word = row("embeddings.word_embeddings.weight", *id);
            let position = row("embeddings.position_embeddings.weight", at);
            let kind = row("embeddings.token_type_embeddings.weight", 0);
            (0..HIDDEN)
                .map(|i| word[i] + position[i] + kind[i])
                .collect()
        })
        .collect();
    x = norm(&x, "embeddings.LayerNorm");
    for layer in 0..2 {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let (heads, size) = (4, HIDDEN / 4);
        let [q, k, v] = ["query", "key", "value"]
            .map(|part| linear(&x, &name(&format!("attention.self.{part}"))));
        let mut context = vec![vec![0.0; HIDDEN]; x.len()];
        for head in (0..heads).map(|h| h * size..(h + 1) * size) {
            for (t, context) in context.iter_mut().enumerate() {
                let scores: Vec<f64> = k
                    .iter()
                    .map(|k| {
                        head.clone().map(|i| q[t][i] * k[i]).sum::<f64>() / (size as f64).sqrt()
                    })
                    .map(f64::exp)
                    .collect();
                let sum: f64 = scores.iter().sum();
                for i in head.clone() {
                    context[i] = scores.iter().zip(&v).map(|(s, v)| s / sum * v[i]).sum();
                }
            }
        }
        x = norm(
            &add(&x, &linear(&context, &name("attention.output.dense"))),
            &name("attention.output.LayerNorm"),
        );
        let mut inner = linear(&x, &name("intermediate.dense"));
        inner
            .iter_mut()
            .flatten()
            .for_each(|x| *x *= (1.0 + erf(*x / 2f64.sqrt())) / 2.0);
        x = norm(
            &add(&x, &linear(&inner, &name("output.dense"))),
            &name("output.LayerNorm"),
        );
    }
    let mean: Vec<f64> = (0..HIDDEN)
        .map(|i| x.iter().map(|x| x[i]).sum::<f64>())
        .collect();
    let length = mean.iter().map(|x| x * x).sum::<f64>().sqrt();
    mean.iter().map(|x| x / length).collect()
}

#[test]
fn a_vector_is_what_the_definition_of_bert_gives() {
    let encoder = Encoder::load(folder().path()).unwrap();
    let id = |c: char| {
        5 + ('a'..='z')
            .chain("äöå:".chars())
            .position(|x| x == c)
            .unwrap()
    };
    // <s> ▁query : ▁ vesi talo x </s>
    let ids = [0, 35, id(':'), 4, 37, 38, id('x'), 2];
    let vector = encoder.embed(Kind::Query, "vesitalox");
    assert_eq!(vector.len(), HIDDEN);
    for (ours, theirs) in vector.iter().zip(by_definition(&tensors(""), &ids)) {
        // The vectors of the words are rounded to f16.
        assert!((f64::from(*ours) - theirs).abs() < 1e-3, "{ours} {theirs}");
    }
}

#[test]
fn a_vector_has_length_one_and_stays_the_same() {
    let encoder = Encoder::load(folder().path()).unwrap();
    for text in [
        "",
        "vesi",
        "vesi on poikki",
        "日本語 🙂",
        "\0\u{200b}",
        "</s><s>",
        &"talo ".repeat(400),
    ] {
        let vector = encoder.embed(Kind::Query, text);
        assert!((cosine(&vector, &vector) - 1.0).abs() < 1e-5, "{text:?}");
        assert_eq!(vector, encoder.embed(Kind::Query, text), "{text:?}");
        assert_ne!(vector, encoder.embed(Kind::Passage, text), "{text:?}");
    }
    assert_ne!(
        encoder.embed(Kind::Query, "vesi"),
        encoder.embed(Kind::Query, "talo")
    );
}

#[test]
fn threads_share_an_encoder() {
    let encoder = Encoder::load(folder().path()).unwrap();
    let expected = encoder.embed(Kind::Query, "vesi");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (0..20).for_each(|_| assert_eq!(encoder.embed(Kind::Query, "vesi"), expected))
            });
        }
    });
}

#[test]
fn other_prefixes_and_number_forms_load() {
    let dir = folder();
    let expected = Encoder::load(dir.path())
        .unwrap()
        .embed(Kind::Query, "vesi on poikki");
    for (prefix, dtype) in [
        ("bert.", "F32"),
        ("roberta.", "F32"),
        ("", "F16"),
        ("bert.", "BF16"),
    ] {
        put_tensors(dir.path(), &tensors(prefix), dtype);
        let vector = Encoder::load(dir.path())
            .unwrap()
            .embed(Kind::Query, "vesi on poikki");
        assert!(cosine(&vector, &expected) > 0.999, "{prefix} {dtype}");
    }
}

#[test]
fn a_megabyte_costs_no_more_than_a_page() {
    let encoder = Encoder::load(folder().path()).unwrap();
    for text in [
        "vesi ".repeat(200_000),
        "ä".repeat(500_000),
        " ".repeat(1_000_000),
        "🙂".repeat(250_000),
    ] {
        let start = Instant::now();
        let vector = encoder.embed(Kind::Passage, &text);
        let time = start.elapsed();
        assert!(time < Duration::from_secs(20), "{time:?}");
        assert_eq!(
            vector,
            encoder.embed(Kind::Passage, &text[..text.len() / 4 * 2])
        );
    }
    // What comes after the 512th token doesn't count, what comes before does.
    let page = "x".repeat(600);
    let vector = encoder.embed(Kind::Passage, &page);
    assert_eq!(vector, encoder.embed(Kind::Passage, &format!("{page}y")));
    assert_ne!(vector, encoder.embed(Kind::Passage, &format!("y{page}")));
}

#[test]
fn missing_files_are_named() {
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        let dir = folder();
        fs::remove_file(dir.path().join(name)).unwrap();
        assert!(refused(&dir).starts_with(&format!("{name}: could not be read: ")));
        assert!(
            matches!(Encoder::load(dir.path()), Err(Error::Read { file, .. }) if file == dir.path().join(name))
        );
    }
}

#[test]
fn other_configurations_are_refused() {
    for (key, value, message) in [
        (
            "model_type",
            json!("xlm-roberta"),
            "config.json: model_type is \"xlm-roberta\"; multilingual-e5-small has \"bert\"",
        ),
        (
            "hidden_act",
            json!("relu"),
            "config.json: hidden_act is \"relu\"; only \"gelu\" is known",
        ),
        (
            "position_embedding_type",
            json!("relative_key"),
            "config.json: position_embedding_type is \"relative_key\"; only \"absolute\" is known",
        ),
        (
            "num_attention_heads",
            json!(5),
            "config.json: hidden_size 32 can't be shared by 5 attention heads",
        ),
        (
            "num_attention_heads",
            json!(0),
            "config.json: num_attention_heads can't be 0",
        ),
        (
            "max_position_embeddings",
            json!(1),
            "config.json: max_position_embeddings can't be 1",
        ),
        (
            "vocab_size",
            json!(10),
            "tokenizer.json: has 39 tokens, but the model has 10",
        ),
        (
            "vocab_size",
            json!(49),
            "model.safetensors: embeddings.word_embeddings.weight is [48, 32], but config.json makes it [49, 32]",
        ),
        (
            "hidden_size",
            json!(64),
            "model.safetensors: embeddings.word_embeddings.weight is [48, 32], but config.json makes it [48, 64]",
        ),
        (
            "num_hidden_layers",
            json!(3),
            "model.safetensors: has no tensor encoder.layer.2.attention.self.query.weight",
        ),
    ] {
        let dir = folder();
        let mut config = config();
        config[key] = value;
        put(dir.path(), "config.json", &config);
        assert_eq!(refused(&dir), message);
    }
    let dir = folder();
    put(dir.path(), "config.json", &json!({"model_type": "bert"}));
    assert!(
        refused(&dir).starts_with("config.json: is not the configuration of a BERT: missing field")
    );
}

#[test]
fn other_tokenizers_are_refused() {
    let dir = folder();
    let mut bare = tokenizer();
    bare["post_processor"] = Value::Null;
    put(dir.path(), "tokenizer.json", &bare);
    assert_eq!(
        refused(&dir),
        "tokenizer.json: adds no tokens at the two ends of a text"
    );
    put(dir.path(), "tokenizer.json", &json!({"version": "1.0"}));
    assert!(refused(&dir).starts_with("tokenizer.json: is not a tokenizer: "));
    // Without a token for what is unknown, texts would fail later.
    let mut known = tokenizer();
    known["model"]["unk_id"] = Value::Null;
    put(dir.path(), "tokenizer.json", &known);
    assert!(
        Encoder::load(dir.path())
            .unwrap_err()
            .to_string()
            .contains("the tokenizer failed")
    );
}

#[test]
fn other_weights_are_refused() {
    let dir = folder();
    let file = dir.path().join("model.safetensors");
    let whole = fs::read(&file).unwrap();

    fs::write(&file, b"no").unwrap();
    assert_eq!(
        refused(&dir),
        "model.safetensors: is not a safetensors file: it has 2 bytes"
    );
    fs::write(&file, b"PK\x03\x04 not safetensors").unwrap();
    assert_eq!(
        refused(&dir),
        "model.safetensors: is not a safetensors file: its header can't be that long"
    );
    fs::write(&file, b"\x04\0\0\0\0\0\0\0nope").unwrap();
    assert!(
        refused(&dir)
            .starts_with("model.safetensors: is not a safetensors file: its header is not JSON")
    );
    fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    assert!(
        refused(&dir).starts_with("model.safetensors: is cut short: "),
        "{}",
        refused(&dir)
    );

    put_tensors(dir.path(), &tensors("model."), "F32");
    assert!(
        refused(&dir)
            .ends_with("has no tensor embeddings.word_embeddings.weight: not a BERT model")
    );
    put_tensors(dir.path(), &tensors(""), "I8");
    assert!(refused(&dir).ends_with("is I8; only F32, F16 and BF16 are read"));
    let mut nan = tensors("");
    nan.get_mut("embeddings.LayerNorm.bias").unwrap().1[0] = f32::NAN;
    put_tensors(dir.path(), &nan, "F32");
    assert_eq!(
        refused(&dir),
        "model.safetensors: gives vectors that are not numbers"
    );
}

/// The real model: `TURVABOT_ENCODER=folder cargo test --release -- --ignored`.
#[test]
#[ignore = "needs a folder with multilingual-e5-small in TURVABOT_ENCODER"]
fn the_real_model_knows_what_belongs_together() {
    let dir =
        PathBuf::from(std::env::var_os("TURVABOT_ENCODER").expect("TURVABOT_ENCODER is not set"));
    let encoder = Encoder::load(&dir).unwrap();
    let passages = [
        "Uimahallin aukioloajat arkisin ja viikonloppuisin",
        "Väestönsuojat ja niiden avaimet",
        "Vesijohtoveden laatu ja keittokehotus",
    ]
    .map(|text| encoder.embed(Kind::Passage, text));
    for (query, right) in [
        ("Milloin voin mennä uimaan?", 0),
        ("När öppnar simhallen?", 0),
        ("Minne menen suojaan, jos hälytyssireeni soi?", 1),
        ("Var finns närmaste skyddsrum?", 1),
        ("Voiko hanasta juoda?", 2),
        ("Kan man dricka kranvattnet?", 2),
    ] {
        let query_vector = encoder.embed(Kind::Query, query);
        assert_eq!(query_vector.len(), 384);
        let cosines = passages
            .each_ref()
            .map(|passage| cosine(passage, &query_vector));
        let best = (0..3)
            .max_by(|a, b| cosines[*a].total_cmp(&cosines[*b]))
            .unwrap();
        assert_eq!(best, right, "{query}: {cosines:?}");
    }
}
