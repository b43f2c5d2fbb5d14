//! The BERT itself, for one text at a time: nothing is padded, so nothing is masked.
//!
//! It is not the one of candle-transformers, which would hold the vectors of all words as f32 (384 MB) and
//! brings a hundred other models.

use crate::{Error, weights::Weights};
use candle_core::{D, Device, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};
use half::{f16, slice::HalfFloatSliceExt};
use serde::Deserialize;

/// From this many elements on, candle shares an element-wise operation with threads that it starts for
/// itself, one a core, whatever pool it is called from. (`PAR_ELEMWISE_MIN` in its `cpu_backend/utils.rs`,
/// as of 0.11.) Texts are taken through the layers in blocks of rows that stay below.
const PARALLEL_FROM: usize = 64 * 1024;

/// What of `config.json` counts.
#[derive(Deserialize)]
pub(crate) struct Config {
    model_type: String,
    hidden_act: String,
    #[serde(default)]
    position_embedding_type: Option<String>,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    pub(crate) max_position_embeddings: usize,
    type_vocab_size: usize,
    pub(crate) vocab_size: usize,
    layer_norm_eps: f64,
}

impl Config {
    /// Reads a configuration; says what is wrong with it, if anything.
    pub(crate) fn parse(json: &[u8]) -> std::result::Result<Config, String> {
        let config: Config = serde_json::from_slice(json)
            .map_err(|e| format!("is not the configuration of a BERT: {e}"))?;
        if config.model_type != "bert" {
            // XLM-R proper, for one, counts positions from two.
            return Err(format!(
                "model_type is {:?}; multilingual-e5-small has \"bert\"",
                config.model_type
            ));
        }
        if config.hidden_act != "gelu" {
            return Err(format!(
                "hidden_act is {:?}; only \"gelu\" is known",
                config.hidden_act
            ));
        }
        match config.position_embedding_type.as_deref() {
            None | Some("absolute") => (),
            Some(other) => {
                return Err(format!(
                    "position_embedding_type is {other:?}; only \"absolute\" is known"
                ));
            }
        }
        for (name, value, least) in [
            ("hidden_size", config.hidden_size, 1),
            ("intermediate_size", config.intermediate_size, 1),
            ("num_hidden_layers", config.num_hidden_layers, 1),
            ("num_attention_heads", config.num_attention_heads, 1),
            (
                "max_position_embeddings",
                config.max_position_embeddings,
                16,
            ),
            ("type_vocab_size", config.type_vocab_size, 1),
            ("vocab_size", config.vocab_size, 1),
        ] {
            if !(least..=1 << 20).contains(&value) {
                return Err(format!("{name} can't be {value}"));
            }
        }
        if !config
            .hidden_size
            .is_multiple_of(config.num_attention_heads)
        {
            return Err(format!(
                "hidden_size {} can't be shared by {} attention heads",
                config.hidden_size, config.num_attention_heads
            ));
        }
        Ok(config)
    }
}

/// `x · weight + bias`. The weight is transposed against the file: so the multiplication reads it in the
/// order it lies in memory.
struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    /// Makes one of the rows of the file: one for each output.
    fn new(weight: Vec<f32>, bias: Vec<f32>) -> Result<Linear> {
        let outputs = bias.len();
        let weight = Tensor::from_vec(weight, (outputs, ()), &Device::Cpu)?
            .t()?
            .contiguous()?;
        Ok(Linear {
            weight,
            bias: Tensor::from_vec(bias, outputs, &Device::Cpu)?,
        })
    }

    fn load(
        weights: &mut Weights,
        name: &str,
        inputs: usize,
        outputs: usize,
    ) -> std::result::Result<Linear, Error> {
        let weight = weights.f32(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = weights.f32(&format!("{name}.bias"), &[outputs])?;
        Linear::new(weight, bias).map_err(|e| Error::wrong(weights.path(), e))
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
}

impl Norm {
    fn load(
        weights: &mut Weights,
        name: &str,
        config: &Config,
    ) -> std::result::Result<Norm, Error> {
        let size = config.hidden_size;
        let weight = weights.f32(&format!("{name}.weight"), &[size])?;
        let bias = weights.f32(&format!("{name}.bias"), &[size])?;
        let tensor = |x| {
            Tensor::from_vec(x, size, &Device::Cpu).map_err(|e| Error::wrong(weights.path(), e))
        };
        Ok(Norm {
            weight: tensor(weight)?,
            bias: tensor(bias)?,
            epsilon: config.layer_norm_eps as f32,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        layer_norm(x, &self.weight, &self.bias, self.epsilon)
    }
}

struct Layer {
    /// Queries, keys and values side by side.
    attention: Linear,
    attention_out: Linear,
    attention_norm: Norm,
    inner: Linear,
    outer: Linear,
    norm: Norm,
}

impl Layer {
    fn load(
        weights: &mut Weights,
        layer: usize,
        config: &Config,
    ) -> std::result::Result<Layer, Error> {
        let (hidden, inner) = (config.hidden_size, config.intermediate_size);
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let mut weight = Vec::with_capacity(3 * hidden * hidden);
        let mut bias = Vec::with_capacity(3 * hidden);
        for part in ["query", "key", "value"] {
            let part = name(&format!("attention.self.{part}"));
            weight.extend(weights.f32(&format!("{part}.weight"), &[hidden, hidden])?);
            bias.extend(weights.f32(&format!("{part}.bias"), &[hidden])?);
        }
        // What attention divides by, the queries are divided by beforehand.
        let scale = ((hidden / config.num_attention_heads) as f32)
            .sqrt()
            .recip();
        weight[..hidden * hidden]
            .iter_mut()
            .for_each(|x| *x *= scale);
        bias[..hidden].iter_mut().for_each(|x| *x *= scale);
        Ok(Layer {
            attention: Linear::new(weight, bias).map_err(|e| Error::wrong(weights.path(), e))?,
            attention_out: Linear::load(weights, &name("attention.output.dense"), hidden, hidden)?,
            attention_norm: Norm::load(weights, &name("attention.output.LayerNorm"), config)?,
            inner: Linear::load(weights, &name("intermediate.dense"), hidden, inner)?,
            outer: Linear::load(weights, &name("output.dense"), inner, hidden)?,
            norm: Norm::load(weights, &name("output.LayerNorm"), config)?,
        })
    }

    fn forward(&self, x: &Tensor, heads: usize, rows: usize) -> Result<Tensor> {
        let (tokens, hidden) = x.dims2()?;
        let parts = by_rows(x, rows, |_, x| self.attention.forward(x))?
            .reshape((tokens, 3, heads, hidden / heads))?
            .permute((1, 2, 0, 3))?
            .contiguous()?;
        let (queries, keys, values) = (parts.get(0)?, parts.get(1)?, parts.get(2)?);
        let shares = softmax_last_dim(&queries.matmul(&keys.t()?)?)?;
        let context = shares
            .matmul(&values)?
            .transpose(0, 1)?
            .reshape((tokens, hidden))?;
        by_rows(&context, rows, |at, context| {
            let x = x.narrow(0, at, context.dim(0)?)?;
            let x = self
                .attention_norm
                .forward(&(self.attention_out.forward(context)? + x)?)?;
            let inner = self.inner.forward(&x)?.gelu_erf()?;
            self.norm.forward(&(self.outer.forward(&inner)? + x)?)
        })
    }
}

/// Applies a function to blocks of so many rows. The function also gets the first row's number.
fn by_rows(
    x: &Tensor,
    rows: usize,
    f: impl Fn(usize, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    let all = x.dim(0)?;
    if all <= rows {
        return f(0, x);
    }
    let blocks: Vec<Tensor> = (0..all)
        .step_by(rows)
        .map(|at| f(at, &x.narrow(0, at, rows.min(all - at))?))
        .collect::<Result<_>>()?;
    Tensor::cat(&blocks, 0)
}

pub(crate) struct Model {
    /// A row for each token: most of the model, and of each text only few rows count.
    words: Vec<f16>,
    /// A row for each position, with the one type of tokens that there is added.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    hidden: usize,
    heads: usize,
    /// How many rows stay below `PARALLEL_FROM`.
    rows: usize,
}

impl Model {
    pub(crate) fn load(config: &Config, mut weights: Weights) -> std::result::Result<Model, Error> {
        let hidden = config.hidden_size;
        let words = weights.f16(
            "embeddings.word_embeddings.weight",
            &[config.vocab_size, hidden],
        )?;
        let mut positions = weights.f32(
            "embeddings.position_embeddings.weight",
            &[config.max_position_embeddings, hidden],
        )?;
        let types = weights.f32(
            "embeddings.token_type_embeddings.weight",
            &[config.type_vocab_size, hidden],
        )?;
        for row in positions.chunks_mut(hidden) {
            row.iter_mut().zip(&types).for_each(|(x, y)| *x += y);
        }
        let norm = Norm::load(&mut weights, "embeddings.LayerNorm", config)?;
        let layers = (0..config.num_hidden_layers)
            .map(|layer| Layer::load(&mut weights, layer, config))
            .collect::<std::result::Result<_, _>>()?;
        let widest = config.intermediate_size.max(3 * hidden);
        let rows = ((PARALLEL_FROM - 1) / widest).max(1);
        Ok(Model {
            words,
            positions,
            norm,
            layers,
            hidden,
            heads: config.num_attention_heads,
            rows,
        })
    }

    /// The mean of the last layer over the tokens, with length one.
    pub(crate) fn embed(&self, ids: &[u32]) -> Result<Vec<f32>> {
        let mut x = vec![0.0; ids.len() * self.hidden];
        for ((x, id), position) in x
            .chunks_mut(self.hidden)
            .zip(ids)
            .zip(self.positions.chunks(self.hidden))
        {
            let at = *id as usize * self.hidden;
            let Some(word) = self.words.get(at..at + self.hidden) else {
                candle_core::bail!("there is no token {id}");
            };
            word.convert_to_f32_slice(x);
            x.iter_mut().zip(position).for_each(|(x, y)| *x += y);
        }
        let x = Tensor::from_vec(x, (ids.len(), self.hidden), &Device::Cpu)?;
        let mut x = by_rows(&x, self.rows, |_, x| self.norm.forward(x))?;
        for layer in &self.layers {
            x = layer.forward(&x, self.heads, self.rows)?;
        }
        let mut mean: Vec<f32> = x.mean(D::Minus2)?.to_vec1()?;
        let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt();
        mean.iter_mut()
            .for_each(|x| *x /= length.max(f32::MIN_POSITIVE));
        Ok(mean)
    }
}
