//! Decoding of a request's parameters: query string, JSON, urlencoded form or multipart form.

use hyper::body::Bytes;
use serde_json::{Map, Value};

/// A file part of a multipart request; the content itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UploadedFile {
    /// Name of the form part.
    pub part: String,
    /// File name the client gave.
    pub file_name: String,
    /// Content type the client gave, or an empty string.
    pub content_type: String,
    /// Length in bytes.
    pub size: usize,
}

/// The parameters of one call.
#[derive(Clone, Debug, Default)]
pub struct Params {
    /// Values by name.
    pub values: Map<String, Value>,
    /// Uploaded files.
    pub files: Vec<UploadedFile>,
    /// Whether the values are texts of a form and still need their types.
    pub untyped: bool,
}

impl Params {
    /// Reads query and body; the error is the part of the description after "Bad Request: ".
    pub fn decode(query: Option<&str>, content_type: &str, body: &Bytes) -> Result<Self, String> {
        let mut params = Self::default();
        if let Some(query) = query {
            params.add_form(query.as_bytes());
        }
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/json") {
            if !body.is_empty() {
                let Ok(Value::Object(values)) = serde_json::from_slice(body) else {
                    return Err("can't parse JSON object".to_owned());
                };
                if params.values.is_empty() {
                    params.values = values;
                } else {
                    params.values.extend(values);
                }
            }
        } else if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            params.add_form(body);
        } else if kind.eq_ignore_ascii_case("multipart/form-data") {
            let boundary =
                boundary(content_type).ok_or("boundary of multipart/form-data is missing")?;
            params.add_multipart(boundary, body)?;
        } else if !body.is_empty() {
            return Err(format!("content type \"{kind}\" is not supported"));
        }
        Ok(params)
    }

    fn add_form(&mut self, form: &[u8]) {
        for (key, value) in url::form_urlencoded::parse(form) {
            self.untyped = true;
            self.values
                .insert(key.into_owned(), Value::String(value.into_owned()));
        }
    }

    fn add_multipart(&mut self, boundary: &str, body: &[u8]) -> Result<(), String> {
        const BROKEN: &str = "can't parse multipart/form-data";
        self.untyped = true;
        let delimiter = format!("\r\n--{boundary}");
        let mut rest = body
            .strip_prefix(&delimiter.as_bytes()[2..])
            .ok_or(BROKEN)?;
        while !rest.starts_with(b"--") {
            let part = rest.strip_prefix(b"\r\n").ok_or(BROKEN)?;
            let end = find(part, delimiter.as_bytes()).ok_or(BROKEN)?;
            rest = &part[end + delimiter.len()..];
            let part = &part[..end];
            let head_end = find(part, b"\r\n\r\n").ok_or(BROKEN)?;
            let head = std::str::from_utf8(&part[..head_end]).map_err(|_| BROKEN)?;
            self.add_part(head, &part[head_end + 4..])?;
        }
        Ok(())
    }

    fn add_part(&mut self, head: &str, content: &[u8]) -> Result<(), String> {
        let (mut name, mut file_name, mut content_type) = (None, None, String::new());
        for line in head.split("\r\n") {
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            if key.eq_ignore_ascii_case("content-disposition") {
                name = attribute(value, "name");
                file_name = attribute(value, "filename");
            } else if key.eq_ignore_ascii_case("content-type") {
                value.trim().clone_into(&mut content_type);
            }
        }
        let name = name.ok_or("a part of multipart/form-data has no name")?;
        match file_name {
            Some(file_name) => {
                self.files.push(UploadedFile {
                    part: name,
                    file_name,
                    content_type,
                    size: content.len(),
                });
            }
            None => {
                let text = std::str::from_utf8(content)
                    .map_err(|_| "strings must be encoded in UTF-8".to_owned())?;
                self.values.insert(name, Value::String(text.to_owned()));
            }
        }
        Ok(())
    }

    /// Gives every uploaded file a parameter that refers to it, unless another one already does.
    pub fn link_files(&mut self) {
        for file in &self.files {
            let reference = format!("attach://{}", file.part);
            let used = |value: &Value| value.to_string().contains(&reference);
            if !self.values.values().any(used) {
                self.values
                    .insert(file.part.clone(), Value::String(reference));
            }
        }
    }

    /// Whether a file part of this name was uploaded.
    pub fn has_file(&self, part: &str) -> bool {
        self.files.iter().any(|file| file.part == part)
    }

    /// The file a parameter refers to.
    pub fn file(&self, parameter: &str) -> Option<&UploadedFile> {
        let part = self.text(parameter)?.strip_prefix("attach://")?;
        self.files.iter().find(|file| file.part == part)
    }

    /// A text parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str)
    }

    /// An integer parameter.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.values.get(name).and_then(Value::as_i64)
    }

    /// A boolean parameter, false when absent.
    pub fn flag(&self, name: &str) -> bool {
        self.values
            .get(name)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// A list of texts.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        let items = self.values.get(name)?.as_array()?;
        Some(
            items
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        )
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    let at = content_type.find("boundary=")?;
    let value = content_type[at + 9..]
        .split(';')
        .next()?
        .trim()
        .trim_matches('"');
    (!value.is_empty()).then_some(value)
}

/// `name="value"` of a header, where the name stands alone (`name` must not match `filename`).
fn attribute(header: &str, name: &str) -> Option<String> {
    header.split(';').find_map(|piece| {
        let (key, value) = piece.trim().split_once('=')?;
        key.eq_ignore_ascii_case(name)
            .then(|| value.trim_matches('"').to_owned())
    })
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = haystack.get(from..)?.iter().position(|b| *b == first) {
        if haystack[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}
