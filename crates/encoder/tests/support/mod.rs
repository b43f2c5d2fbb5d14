//! A tiny model with random weights, and the folder it lies in.
#![allow(dead_code, clippy::unwrap_used)]

use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};
use tempfile::TempDir;

pub const HIDDEN: usize = 32;
/// Wide enough that candle would start threads for 512 tokens, if it were let.
pub const INNER: usize = 256;
pub const WORDS: usize = 48;

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 40) as f32 / (1 << 24) as f32 - 0.5
    }
}

pub fn config() -> Value {
    json!({
        "model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute",
        "hidden_size": HIDDEN, "intermediate_size": INNER, "num_hidden_layers": 2, "num_attention_heads": 4,
        "max_position_embeddings": 512, "type_vocab_size": 2, "vocab_size": WORDS, "layer_norm_eps": 1e-12,
    })
}

pub fn tokenizer() -> Value {
    let mut vocabulary: Vec<(String, f64)> = ["<s>", "<pad>", "</s>", "<unk>"]
        .iter()
        .map(|w| (w.to_string(), 0.0))
        .collect();
    vocabulary.push(("▁".into(), -2.0));
    vocabulary.extend(
        ('a'..='z')
            .chain("äöå:".chars())
            .map(|c| (c.to_string(), -3.0)),
    );
    vocabulary.extend(
        ["▁query", "▁passage", "vesi", "talo"]
            .iter()
            .map(|w| (w.to_string(), -4.0)),
    );
    let special = |id: u32, word: &str| {
        json!({"id": id, "content": word, "single_word": false, "lstrip": false, "rstrip": false,
               "normalized": false, "special": true})
    };
    json!({
        "version": "1.0",
        "truncation": null,
        // As some have it: what is padded must not change the vector.
        "padding": {"strategy": {"Fixed": 64}, "direction": "Right", "pad_to_multiple_of": null,
                    "pad_id": 1, "pad_type_id": 0, "pad_token": "<pad>"},
        "added_tokens": [special(0, "<s>"), special(1, "<pad>"), special(2, "</s>"), special(3, "<unk>")],
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]},
                               "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}},
        },
        "decoder": null,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": vocabulary, "byte_fallback": false},
    })
}

pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

pub fn tensors(prefix: &str) -> Tensors {
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        (
            "embeddings.word_embeddings.weight".into(),
            vec![WORDS, HIDDEN],
        ),
        (
            "embeddings.position_embeddings.weight".into(),
            vec![512, HIDDEN],
        ),
        (
            "embeddings.token_type_embeddings.weight".into(),
            vec![2, HIDDEN],
        ),
        ("embeddings.LayerNorm.weight".into(), vec![HIDDEN]),
        ("embeddings.LayerNorm.bias".into(), vec![HIDDEN]),
        ("pooler.dense.weight".into(), vec![HIDDEN, HIDDEN]),
    ];
    for layer in 0..2 {
        for (part, rows, columns) in [
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", INNER, HIDDEN),
            ("output.dense", HIDDEN, INNER),
        ] {
            shapes.push((
                format!("encoder.layer.{layer}.{part}.weight"),
                vec![rows, columns],
            ));
            shapes.push((format!("encoder.layer.{layer}.{part}.bias"), vec![rows]));
        }
        for part in ["attention.output.LayerNorm", "output.LayerNorm"] {
            shapes.push((format!("encoder.layer.{layer}.{part}.weight"), vec![HIDDEN]));
            shapes.push((format!("encoder.layer.{layer}.{part}.bias"), vec![HIDDEN]));
        }
    }
    let mut numbers = Numbers(7);
    shapes
        .into_iter()
        .map(|(name, shape)| {
            let values = (0..shape.iter().product())
                .map(|_| numbers.next())
                .collect();
            (format!("{prefix}{name}"), (shape, values))
        })
        .collect()
}

pub fn safetensors(tensors: &Tensors, dtype: &str) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    header.insert("__metadata__".into(), json!({"format": "pt"}));
    for (name, (shape, values)) in tensors {
        let start = data.len();
        for value in values {
            match dtype {
                "F16" => data.extend(half::f16::from_f32(*value).to_le_bytes()),
                "BF16" => data.extend(half::bf16::from_f32(*value).to_le_bytes()),
                _ => data.extend(value.to_le_bytes()),
            }
        }
        header.insert(
            name.clone(),
            json!({"dtype": dtype, "shape": shape, "data_offsets": [start, data.len()]}),
        );
    }
    // The original has the positions as a tensor of integers too.
    header.insert(
        "embeddings.position_ids".into(),
        json!({"dtype": "I64", "shape": [1, 0], "data_offsets": [0, 0]}),
    );
    let header = serde_json::to_vec(&header).unwrap();
    [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
}

pub fn folder() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "config.json", &config());
    put(dir.path(), "tokenizer.json", &tokenizer());
    fs::write(
        dir.path().join("model.safetensors"),
        safetensors(&tensors(""), "F32"),
    )
    .unwrap();
    dir
}

pub fn put(dir: &Path, name: &str, value: &Value) {
    fs::write(dir.join(name), serde_json::to_vec(value).unwrap()).unwrap();
}

pub fn put_tensors(dir: &Path, tensors: &Tensors, dtype: &str) {
    fs::write(dir.join("model.safetensors"), safetensors(tensors, dtype)).unwrap();
}
