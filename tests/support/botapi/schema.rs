//! The Bot API's methods, parameters and object shapes, from `methods.json`, and a validator that is
//! stricter than Telegram: an unknown or ill-typed parameter is refused and named.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};

/// One alternative of a parameter's type.
enum Ty {
    Int,
    Float,
    Str,
    Const(Box<str>),
    Bool,
    True,
    File,
    Object(usize),
    Array(Box<Ty>),
}

struct Field {
    name: Box<str>,
    required: bool,
    types: Vec<Ty>,
}

enum Shape {
    Fields(Vec<Field>),
    Union(Vec<Ty>),
}

/// A method of the table.
pub struct Method {
    /// Name as Telegram spells it.
    pub name: Box<str>,
    /// Position in the table; indexes the call counters.
    pub index: usize,
    fields: Vec<Field>,
}

/// The whole table.
pub struct Schema {
    /// Bot API version the table was made from.
    pub version: String,
    methods: Vec<Method>,
    by_name: HashMap<Box<str>, usize>,
    shapes: Vec<(Box<str>, Shape)>,
}

/// Why a value was refused: where, and what is wrong there.
struct Refusal {
    path: String,
    depth: usize,
    problem: String,
}

impl Refusal {
    fn new(problem: impl Into<String>) -> Self {
        Self {
            path: String::new(),
            depth: 0,
            problem: problem.into(),
        }
    }

    fn under(mut self, key: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{key}{dot}{}", self.path);
        self.depth += 1;
        self
    }
}

/// The table, parsed once per process.
pub fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(Schema::load)
}

impl Schema {
    fn load() -> Self {
        // Invariant of this function: methods.json is part of the source and covered by a test, so
        // every shape assumption below holds.
        let root: Value =
            serde_json::from_str(include_str!("methods.json")).expect("methods.json is JSON");
        let types = root["types"].as_object().expect("types is an object");
        let ids: HashMap<&str, usize> = types
            .keys()
            .enumerate()
            .map(|(i, k)| (k.as_str(), i))
            .collect();
        let shapes = types
            .iter()
            .map(|(name, shape)| {
                let shape = match shape {
                    Value::Array(all) => Shape::Union(
                        all.iter()
                            .map(|t| parse_type(t.as_str().expect("type name"), &ids))
                            .collect(),
                    ),
                    other => Shape::Fields(parse_fields(other, &ids)),
                };
                (Box::from(name.as_str()), shape)
            })
            .collect();
        let methods: Vec<Method> = root["methods"]
            .as_object()
            .expect("methods is an object")
            .iter()
            .enumerate()
            .map(|(index, (name, fields))| Method {
                name: Box::from(name.as_str()),
                index,
                fields: parse_fields(fields, &ids),
            })
            .collect();
        let by_name = methods
            .iter()
            .map(|m| (m.name.to_ascii_lowercase().into(), m.index))
            .collect();
        let version = root["version"]
            .as_str()
            .expect("version is a string")
            .to_owned();
        Self {
            version,
            methods,
            by_name,
            shapes,
        }
    }

    /// Number of methods.
    pub fn len(&self) -> usize {
        self.methods.len()
    }

    /// Looks a method up, in any letter case.
    pub fn method(&self, name: &str) -> Option<&Method> {
        let mut lower = [0_u8; 64];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        let lower = std::str::from_utf8(lower).ok()?;
        self.by_name.get(lower).map(|i| &self.methods[*i])
    }

    /// The method at a position of the table.
    pub fn at(&self, index: usize) -> &Method {
        &self.methods[index]
    }

    /// Turns the text values of a form into the types the method expects, where the text allows it.
    pub fn coerce(&self, method: &Method, params: &mut Map<String, Value>) {
        for field in &method.fields {
            if let Some(value) = params.get_mut(&*field.name)
                && let Value::String(text) = value
                && let Some(better) = field.types.iter().find_map(|ty| coerce_text(ty, text))
            {
                *value = better;
            }
        }
    }

    /// Checks all parameters; the error is the part of the description after "Bad Request: ".
    pub fn validate(
        &self,
        method: &Method,
        params: &Map<String, Value>,
        attached: &dyn Fn(&str) -> bool,
    ) -> Result<(), String> {
        self.check_fields(&method.fields, params, attached)
            .map_err(|refusal| {
                if refusal.depth == 1 && refusal.problem == "is required" {
                    missing(&refusal.path, &method.name)
                } else {
                    format!(
                        "parameter \"{}\" {} ({})",
                        refusal.path, refusal.problem, method.name
                    )
                }
            })
    }

    fn check_fields(
        &self,
        fields: &[Field],
        object: &Map<String, Value>,
        attached: &dyn Fn(&str) -> bool,
    ) -> Result<(), Refusal> {
        let mut seen = 0;
        for field in fields {
            match object.get(&*field.name) {
                Some(value) => {
                    seen += 1;
                    self.check_any(&field.types, value, attached)
                        .map_err(|refusal| refusal.under(&field.name))?;
                }
                None if field.required => {
                    return Err(Refusal::new("is required").under(&field.name));
                }
                None => {}
            }
        }
        if seen != object.len() {
            let known = |key: &str| fields.iter().any(|f| &*f.name == key);
            if let Some(key) = object.keys().find(|key| !known(key)) {
                return Err(Refusal::new("is unknown").under(key));
            }
        }
        Ok(())
    }

    /// Accepts when one alternative does; else the refusal that got deepest into the value.
    fn check_any(
        &self,
        types: &[Ty],
        value: &Value,
        attached: &dyn Fn(&str) -> bool,
    ) -> Result<(), Refusal> {
        let mut worst: Option<Refusal> = None;
        for ty in types {
            match self.check(ty, value, attached) {
                Ok(()) => return Ok(()),
                Err(refusal) => {
                    if worst.as_ref().is_none_or(|w| refusal.depth > w.depth) {
                        worst = Some(refusal);
                    }
                }
            }
        }
        match worst {
            Some(refusal) if types.len() == 1 || refusal.depth > 0 => Err(refusal),
            _ => {
                let names: Vec<String> = types.iter().map(|ty| self.name(ty)).collect();
                Err(Refusal::new(format!("must be {}", names.join(" or "))))
            }
        }
    }

    fn check(
        &self,
        ty: &Ty,
        value: &Value,
        attached: &dyn Fn(&str) -> bool,
    ) -> Result<(), Refusal> {
        let good = match ty {
            Ty::Int => value.is_i64() || value.is_u64(),
            Ty::Float => value.is_number(),
            Ty::Str => value.is_string(),
            Ty::Const(text) => value.as_str() == Some(text),
            Ty::Bool => value.is_boolean(),
            Ty::True => value == &Value::Bool(true),
            Ty::File => value
                .as_str()
                .and_then(|text| text.strip_prefix("attach://"))
                .is_some_and(attached),
            Ty::Array(inner) => match value {
                Value::Array(items) => {
                    for (i, item) in items.iter().enumerate() {
                        self.check_any(std::slice::from_ref(inner), item, attached)
                            .map_err(|refusal| refusal.under(&format!("[{i}]")))?;
                    }
                    true
                }
                _ => false,
            },
            Ty::Object(id) => match (&self.shapes[*id].1, value) {
                (Shape::Fields(fields), Value::Object(object)) => {
                    return self.check_fields(fields, object, attached);
                }
                (Shape::Fields(_), _) => false,
                (Shape::Union(types), _) => return self.check_any(types, value, attached),
            },
        };
        if good {
            Ok(())
        } else {
            Err(Refusal::new(format!("must be {}", self.name(ty))))
        }
    }

    fn name(&self, ty: &Ty) -> String {
        match ty {
            Ty::Int => "Integer".to_owned(),
            Ty::Float => "Float".to_owned(),
            Ty::Str => "String".to_owned(),
            Ty::Const(text) => format!("\"{text}\""),
            Ty::Bool => "Boolean".to_owned(),
            Ty::True => "True".to_owned(),
            Ty::File => "an uploaded file".to_owned(),
            Ty::Object(id) => self.shapes[*id].0.to_string(),
            Ty::Array(inner) => format!("Array of {}", self.name(inner)),
        }
    }
}

/// Telegram's own words for the parameters where they are known.
fn missing(name: &str, method: &str) -> String {
    match name {
        "chat_id" => "chat_id is empty".to_owned(),
        "text" => "message text is empty".to_owned(),
        "message_id" => "message identifier is not specified".to_owned(),
        "user_id" => "invalid user_id specified".to_owned(),
        "photo" => "there is no photo in the request".to_owned(),
        _ => format!("parameter \"{name}\" is required ({method})"),
    }
}

fn coerce_text(ty: &Ty, text: &str) -> Option<Value> {
    match ty {
        Ty::Int => text.trim().parse::<i64>().ok().map(Value::from),
        Ty::Float => text.trim().parse::<f64>().ok().map(Value::from),
        Ty::Bool | Ty::True => match text {
            "true" | "True" | "1" => Some(Value::Bool(true)),
            "false" | "False" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Ty::Object(_) | Ty::Array(_) => serde_json::from_str(text).ok(),
        Ty::Str | Ty::Const(_) | Ty::File => None,
    }
}

fn parse_fields(fields: &Value, ids: &HashMap<&str, usize>) -> Vec<Field> {
    // Invariant: see `Schema::load`.
    fields
        .as_object()
        .expect("fields are an object")
        .iter()
        .map(|(key, types)| Field {
            name: Box::from(key.trim_end_matches('!')),
            required: key.ends_with('!'),
            types: types
                .as_str()
                .expect("types are a string")
                .split('|')
                .map(|name| parse_type(name, ids))
                .collect(),
        })
        .collect()
}

fn parse_type(name: &str, ids: &HashMap<&str, usize>) -> Ty {
    if let Some(inner) = name.strip_prefix("Array of ") {
        return Ty::Array(Box::new(parse_type(inner, ids)));
    }
    if let Some(text) = name.strip_prefix("String=") {
        return Ty::Const(Box::from(text));
    }
    match name {
        "Integer" => Ty::Int,
        "Float" => Ty::Float,
        "String" => Ty::Str,
        "Boolean" => Ty::Bool,
        "True" => Ty::True,
        "InputFile" => Ty::File,
        // Invariant: see `Schema::load`.
        other => Ty::Object(*ids.get(other).expect("every named type is in the table")),
    }
}
