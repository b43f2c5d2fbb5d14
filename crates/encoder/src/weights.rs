//! Reads tensors out of a safetensors file, one at a time: the file is never in memory as a whole.

use crate::Error;
use half::{bf16, f16, slice::HalfFloatSliceExt};
use serde::Deserialize;
use std::{
    collections::HashMap,
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// The longest header that is read; that of the model has 24 kB.
const MAX_HEADER: u64 = 16 * 1024 * 1024;

/// How much of a tensor is in memory in the form of the file, in bytes.
const CHUNK: usize = 1024 * 1024;

/// The tensor that every BERT has, and that shows which prefix the names have.
const WORDS: &str = "embeddings.word_embeddings.weight";

#[derive(Clone, Copy, PartialEq)]
enum Form {
    F32,
    F16,
    Bf16,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// An open safetensors file.
pub(crate) struct Weights {
    path: PathBuf,
    file: File,
    entries: HashMap<String, Entry>,
    prefix: &'static str,
    data: u64,
}

impl Weights {
    pub(crate) fn open(path: &Path) -> Result<Weights, Error> {
        let wrong = |what: String| Error::wrong(path, what);
        let mut file = File::open(path).map_err(Error::read(path))?;
        let size = file.metadata().map_err(Error::read(path))?.len();
        let mut length = [0; 8];
        if size < 8 {
            return Err(wrong(format!(
                "is not a safetensors file: it has {size} bytes"
            )));
        }
        file.read_exact(&mut length).map_err(Error::read(path))?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER || length > size - 8 {
            return Err(wrong(
                "is not a safetensors file: its header can't be that long".into(),
            ));
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(Error::read(path))?;
        let header: HashMap<String, serde_json::Value> =
            serde_json::from_slice(&header).map_err(|e| {
                wrong(format!(
                    "is not a safetensors file: its header is not JSON: {e}"
                ))
            })?;
        let data = 8 + length;

        let mut entries = HashMap::new();
        for (name, value) in header {
            if name == "__metadata__" {
                continue;
            }
            let entry: Entry = serde_json::from_value(value)
                .map_err(|e| wrong(format!("the header of {name} is wrong: {e}")))?;
            let [start, end] = entry.data_offsets;
            if start > end || end > size - data {
                return Err(wrong(format!(
                    "is cut short: {name} ends beyond its {size} bytes"
                )));
            }
            entries.insert(name, entry);
        }
        let prefix = ["", "bert.", "roberta."]
            .into_iter()
            .find(|prefix| entries.contains_key(&format!("{prefix}{WORDS}")))
            .ok_or_else(|| wrong(format!("has no tensor {WORDS}: not a BERT model")))?;
        Ok(Weights {
            path: path.to_owned(),
            file,
            entries,
            prefix,
            data,
        })
    }

    /// Reads a tensor of that shape as f32.
    pub(crate) fn f32(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, Error> {
        self.read(name, shape, |form, bytes, out: &mut Vec<f32>| match form {
            Form::F32 => out.extend(floats(bytes)),
            Form::F16 => extend(
                out,
                bytes,
                f16::from_le_bytes,
                HalfFloatSliceExt::convert_to_f32_slice,
            ),
            Form::Bf16 => extend(
                out,
                bytes,
                bf16::from_le_bytes,
                HalfFloatSliceExt::convert_to_f32_slice,
            ),
        })
    }

    /// Reads a tensor of that shape as f16.
    pub(crate) fn f16(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f16>, Error> {
        let mut floats_now = Vec::new();
        self.read(name, shape, |form, bytes, out: &mut Vec<f16>| {
            if form == Form::F16 {
                return out.extend(bytes.as_chunks().0.iter().map(|x| f16::from_le_bytes(*x)));
            }
            floats_now.clear();
            match form {
                Form::Bf16 => {
                    extend(
                        &mut floats_now,
                        bytes,
                        bf16::from_le_bytes,
                        HalfFloatSliceExt::convert_to_f32_slice,
                    );
                }
                _ => floats_now.extend(floats(bytes)),
            }
            let start = out.len();
            out.resize(start + floats_now.len(), f16::ZERO);
            out[start..].convert_from_f32_slice(&floats_now);
        })
    }

    fn read<T>(
        &mut self,
        name: &str,
        shape: &[usize],
        mut convert: impl FnMut(Form, &[u8], &mut Vec<T>),
    ) -> Result<Vec<T>, Error> {
        let name = format!("{}{name}", self.prefix);
        let wrong = |what: String| Error::wrong(&self.path, what);
        let entry = self
            .entries
            .get(&name)
            .ok_or_else(|| wrong(format!("has no tensor {name}")))?;
        if entry.shape != shape {
            return Err(wrong(format!(
                "{name} is {:?}, but config.json makes it {shape:?}",
                entry.shape
            )));
        }
        let form = match entry.dtype.as_str() {
            "F32" => Form::F32,
            "F16" => Form::F16,
            "BF16" => Form::Bf16,
            other => {
                return Err(wrong(format!(
                    "{name} is {other}; only F32, F16 and BF16 are read"
                )));
            }
        };
        let count: usize = shape.iter().product();
        let bytes = count * if form == Form::F32 { 4 } else { 2 };
        let [start, end] = entry.data_offsets;
        if end - start != bytes as u64 {
            return Err(wrong(format!(
                "{name} has {} bytes, but its shape makes it {bytes}",
                end - start
            )));
        }

        self.file
            .seek(SeekFrom::Start(self.data + start))
            .map_err(Error::read(&self.path))?;
        let mut out = Vec::with_capacity(count);
        let mut buffer = vec![0; CHUNK.min(bytes)];
        let mut left = bytes;
        while left > 0 {
            let part = &mut buffer[..CHUNK.min(left)];
            self.file
                .read_exact(part)
                .map_err(Error::read(&self.path))?;
            convert(form, part, &mut out);
            left -= part.len();
        }
        Ok(out)
    }

    /// The file, to say what is wrong with it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks().0.iter().map(|x| f32::from_le_bytes(*x))
}

/// Adds the halves of some bytes to floats.
fn extend<H>(
    out: &mut Vec<f32>,
    bytes: &[u8],
    read: fn([u8; 2]) -> H,
    convert: fn(&[H], &mut [f32]),
) {
    let halves: Vec<H> = bytes.as_chunks().0.iter().map(|x| read(*x)).collect();
    let start = out.len();
    out.resize(start + halves.len(), 0.0);
    convert(&halves, &mut out[start..]);
}
