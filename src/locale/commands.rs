//! The words that residents give commands with, per language.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Something a resident can ask the bot to do in a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Begin.
    Start,
    /// What can you do?
    Help,
    /// Choose a language.
    Language,
    /// Choose topics.
    Topics,
    /// Choose areas.
    Areas,
    /// Notices in force.
    Notices,
    /// Open polls.
    Polls,
    /// Quiet hours.
    Quiet,
    /// Who runs this?
    Privacy,
    /// What do you know of me?
    MyData,
    /// Erase me.
    Erase,
    /// Send nothing more.
    Stop,
}

impl Command {
    /// Every command, in the order of the menu.
    pub const ALL: [Self; 12] = [
        Self::Start,
        Self::Help,
        Self::Notices,
        Self::Polls,
        Self::Topics,
        Self::Areas,
        Self::Language,
        Self::Quiet,
        Self::Privacy,
        Self::MyData,
        Self::Erase,
        Self::Stop,
    ];
}

/// How a command is given in one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandWords {
    /// After a slash: `a`–`z`, digits, `_`.
    pub slash: String,
    /// Other words that may stand after the slash.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What the menu says about it.
    pub menu: String,
    /// Words that mean it when they are the whole message.
    pub words: Vec<String>,
}

/// The command words of one language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Words {
    /// How each command is given.
    pub command: BTreeMap<Command, CommandWords>,
    /// Calls for help that may be an emergency.
    pub cry: Vec<String>,
    /// Greetings.
    pub greeting: Vec<String>,
    /// Thanks and farewells.
    pub thanks: Vec<String>,
    /// Yes.
    pub yes: Vec<String>,
    /// No.
    pub no: Vec<String>,
    /// "More", after an answer.
    pub more: Vec<String>,
    /// What a question begins with.
    pub question: Vec<String>,
    /// What a question begins with that asks who deals with something. What follows a bar is part of
    /// the matter, too.
    pub who: Vec<String>,
    /// Given names that are no other words: they are left out of questions that are kept.
    pub given_names: Vec<String>,
    /// What stands before one's own name.
    pub own_name: Vec<String>,
    /// What joins one question to another.
    pub also: Vec<String>,
    /// What a question begins with that goes on from the last.
    pub follow_up: Vec<String>,
    /// "Option", before its number.
    pub option: Vec<String>,
    /// "Subscribe to", before a topic.
    pub subscribe: Vec<String>,
    /// "Unsubscribe from", before a topic.
    pub unsubscribe: Vec<String>,
    /// "Speak this language".
    pub speak: Vec<String>,
}

impl Words {
    /// The words of a `commands.toml`.
    ///
    /// # Errors
    /// What is wrong, in a line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for command in Command::ALL {
            let given = words
                .command
                .get(&command)
                .ok_or_else(|| format!("[command] has no {command:?}"))?;
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if given.slash.is_empty() || given.slash.len() > 32 || !given.slash.chars().all(plain) {
                return Err(format!(
                    "slash of {command:?} is \"{}\"; use at most 32 of a-z, 0-9 and _",
                    given.slash
                ));
            }
        }
        Ok(words)
    }
}
