//! The bot's own description: commands by scope and language, name, descriptions.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::params::Params;
use super::{ApiError, Reply};

/// Texts of one kind by language; the empty language is the default.
type Texts = HashMap<String, String>;

/// What the bot says about itself.
#[derive(Default)]
pub(super) struct Profile {
    commands: HashMap<(String, String), Vec<Value>>,
    names: Texts,
    descriptions: Texts,
    short_descriptions: Texts,
}

impl Profile {
    /// The name that messages show.
    pub fn shown_name(&self) -> &str {
        self.names.get("").map_or("Turvabot test", String::as_str)
    }

    /// Commands of a scope and language.
    pub fn commands(&self, scope: &Value, language: &str) -> Vec<(String, String)> {
        let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
        let list = self.commands.get(&(scope.to_string(), language.to_owned()));
        list.into_iter()
            .flatten()
            .map(|c| (text(&c["command"]), text(&c["description"])))
            .collect()
    }

    /// Carries out one of the profile methods.
    pub fn call(&mut self, method: &str, params: &Params) -> Reply {
        let language = params.text("language_code").unwrap_or_default();
        let two_letters = language.len() == 2 && language.bytes().all(|b| b.is_ascii_lowercase());
        if !(language.is_empty() || two_letters) {
            return Err(ApiError::bad("invalid language code specified"));
        }
        match method {
            "setMyCommands" => self.set_commands(params, language),
            "getMyCommands" => {
                let list = self.commands.get(&key(params, language));
                Ok(list.map_or_else(|| "[]".to_owned(), |l| Value::from(l.clone()).to_string()))
            }
            "deleteMyCommands" => {
                self.commands.remove(&key(params, language));
                Ok("true".to_owned())
            }
            "setMyName" => set(&mut self.names, params, "name", 64, language),
            "getMyName" => Ok(get(&self.names, "name", language, "Turvabot test")),
            "setMyDescription" => set(&mut self.descriptions, params, "description", 512, language),
            "getMyDescription" => Ok(get(&self.descriptions, "description", language, "")),
            "setMyShortDescription" => set(
                &mut self.short_descriptions,
                params,
                "short_description",
                120,
                language,
            ),
            _ => Ok(get(
                &self.short_descriptions,
                "short_description",
                language,
                "",
            )),
        }
    }

    fn set_commands(&mut self, params: &Params, language: &str) -> Reply {
        let list = params.values.get("commands").and_then(Value::as_array);
        let list = list.cloned().unwrap_or_default();
        if list.len() > 100 {
            return Err(ApiError::bad("BOT_COMMANDS_TOO_MUCH"));
        }
        for command in &list {
            let name = command["command"].as_str().unwrap_or_default();
            let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            if !(1..=32).contains(&name.len()) || !name.bytes().all(fine) {
                return Err(ApiError::bad("BOT_COMMAND_INVALID"));
            }
            let length = command["description"]
                .as_str()
                .unwrap_or_default()
                .chars()
                .count();
            if !(1..=256).contains(&length) {
                return Err(ApiError::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
            }
        }
        self.commands.insert(key(params, language), list);
        Ok("true".to_owned())
    }
}

fn key(params: &Params, language: &str) -> (String, String) {
    let scope = params.values.get("scope");
    let scope = scope.map_or_else(|| json!({"type": "default"}).to_string(), Value::to_string);
    (scope, language.to_owned())
}

fn set(texts: &mut Texts, params: &Params, name: &str, most: usize, language: &str) -> Reply {
    let text = params.text(name).unwrap_or_default();
    if text.chars().count() > most {
        return Err(ApiError::bad(format!("{name} is too long")));
    }
    if text.is_empty() {
        texts.remove(language);
    } else {
        texts.insert(language.to_owned(), text.to_owned());
    }
    Ok("true".to_owned())
}

fn get(texts: &Texts, name: &str, language: &str, default: &str) -> String {
    let text = texts
        .get(language)
        .or_else(|| texts.get(""))
        .map_or(default, String::as_str);
    json!({ name: text }).to_string()
}
