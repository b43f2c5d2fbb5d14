//! The state of one bot: its chats, residents, messages, queue and counters.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::Value;

use super::limits::LimitState;
use super::load::{Questions, Votes, Watch};
use super::model::{
    CallbackAnswer, Group, GroupKind, Message, User, WireChat, WireMessage, WireUser, json,
};
use super::profile::Profile;
use super::queue::Queue;
use super::schema::schema;
use super::webhook::Webhook;
use super::{ApiError, Config};

/// Counters of one method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CallCount {
    /// All calls, with those that suffered a fault.
    pub total: u64,
    /// Calls answered with `ok: true`, whether the answer arrived or not.
    pub ok: u64,
    /// Calls that suffered a fault.
    pub faults: u64,
    /// Refused calls by error code.
    pub errors: BTreeMap<u16, u64>,
}

/// A call, kept when [`Config::record_calls`] is set.
#[derive(Clone, Debug, Serialize)]
pub struct CallRecord {
    /// Method as Telegram spells it.
    pub method: String,
    /// Parameters.
    pub params: Value,
    /// 200, the error code of the refusal, or 0 when a fault kept it from being carried out.
    pub code: u16,
    /// Description of the refusal.
    pub description: Option<String>,
    /// Milliseconds since the simulator's start.
    pub at_ms: u64,
}

/// A range of residents that have started the bot, without memory for each.
#[derive(Clone, Debug, Serialize)]
pub struct SeedRange {
    /// First chat.
    pub base: i64,
    /// Number of chats.
    pub n: i64,
    /// Language of the residents.
    pub language_code: String,
}

pub(super) struct Press {
    pub user: i64,
    pub data: String,
    pub at: Instant,
}

/// Everything the simulator knows about one bot; what [`super::SimBot::wait_for`] looks at.
pub struct State {
    pub(super) config: Config,
    pub(super) bot_id: i64,
    pub(super) username: String,
    pub(super) started: Instant,
    pub(super) profile: Profile,
    pub(super) queue: Queue,
    pub(super) poll_generation: u64,
    pub(super) webhook: Option<Webhook>,
    pub(super) webhook_epoch: u64,
    pub(super) users: HashMap<i64, User>,
    pub(super) groups: HashMap<i64, Group>,
    pub(super) seeds: Vec<SeedRange>,
    pub(super) messages: HashMap<i64, Vec<Message>>,
    pub(super) last_message_id: i64,
    pub(super) presses: HashMap<u64, Press>,
    pub(super) last_press: u64,
    pub(super) answers: Vec<CallbackAnswer>,
    pub(super) answered: u64,
    pub(super) actions: u64,
    pub(super) calls: Vec<CallCount>,
    pub(super) log: Vec<CallRecord>,
    pub(super) limits: LimitState,
    pub(super) questions: Option<Questions>,
    pub(super) votes: Option<Votes>,
    pub(super) watch: Option<Watch>,
}

impl State {
    pub(super) fn new(config: &Config, token: &str, position: usize) -> Self {
        let bot_id = token.split(':').next().and_then(|id| id.parse().ok());
        let username = match position {
            0 => config.username.clone(),
            n => format!("{}{n}", config.username),
        };
        Self {
            config: config.clone(),
            bot_id: bot_id.unwrap_or(1_000_000 + position as i64),
            username,
            started: Instant::now(),
            profile: Profile::default(),
            queue: Queue::new(config.first_update_id, config.store_messages),
            poll_generation: 0,
            webhook: None,
            webhook_epoch: 0,
            users: HashMap::new(),
            groups: HashMap::new(),
            seeds: Vec::new(),
            messages: HashMap::new(),
            last_message_id: 0,
            presses: HashMap::new(),
            last_press: 4_000_000_000_000,
            answers: Vec::new(),
            answered: 0,
            actions: 0,
            calls: vec![CallCount::default(); schema().len()],
            log: Vec::new(),
            limits: LimitState::new(config.limits.clone()),
            questions: None,
            votes: None,
            watch: None,
        }
    }

    /// All messages of a chat, oldest first, with deleted ones.
    pub fn messages(&self, chat_id: i64) -> &[Message] {
        self.messages.get(&chat_id).map_or(&[], Vec::as_slice)
    }

    /// The bot's messages in a chat, without deleted ones.
    pub fn bot_messages(&self, chat_id: i64) -> Vec<&Message> {
        self.messages(chat_id)
            .iter()
            .filter(|m| m.by_bot() && !m.deleted)
            .collect()
    }

    /// The bot's last message in a chat.
    pub fn last_bot_message(&self, chat_id: i64) -> Option<&Message> {
        self.messages(chat_id)
            .iter()
            .rev()
            .find(|m| m.by_bot() && !m.deleted)
    }

    /// A message, deleted or not.
    pub fn message(&self, chat_id: i64, message_id: i64) -> Option<&Message> {
        let all = self.messages(chat_id);
        all.binary_search_by_key(&message_id, |m| m.message_id)
            .ok()
            .map(|at| &all[at])
    }

    pub(super) fn message_mut(&mut self, chat_id: i64, message_id: i64) -> Option<&mut Message> {
        let all = self.messages.get_mut(&chat_id)?;
        let at = all
            .binary_search_by_key(&message_id, |m| m.message_id)
            .ok()?;
        Some(&mut all[at])
    }

    /// All answers to residents' presses, in order; those to presses of a load are only counted.
    pub fn callback_answers(&self) -> &[CallbackAnswer] {
        &self.answers
    }

    /// The answer to one press.
    pub fn callback_answer(&self, id: &str) -> Option<&CallbackAnswer> {
        self.answers.iter().find(|a| a.id == id)
    }

    /// Number of answered presses.
    pub fn answered(&self) -> u64 {
        self.answered
    }

    /// Number of chat actions such as "typing".
    pub fn chat_actions(&self) -> u64 {
        self.actions
    }

    /// Counters of a method; all zero for an unknown one.
    pub fn calls(&self, method: &str) -> CallCount {
        schema()
            .method(method)
            .map(|m| self.calls[m.index].clone())
            .unwrap_or_default()
    }

    /// Counters of all methods that were called.
    pub fn all_calls(&self) -> BTreeMap<String, CallCount> {
        let named =
            |(i, count): (usize, &CallCount)| (schema().at(i).name.to_string(), count.clone());
        self.calls
            .iter()
            .enumerate()
            .filter(|(_, count)| count.total > 0)
            .map(named)
            .collect()
    }

    /// Calls in order (empty without [`Config::record_calls`]).
    pub fn call_log(&self) -> &[CallRecord] {
        &self.log
    }

    /// Updates the bot has not confirmed.
    pub fn pending_updates(&self) -> usize {
        self.queue.len() + self.votes.as_ref().map_or(0, Votes::not_pushed)
    }

    /// Numbers of these updates, in the order of delivery.
    pub fn pending_ids(&self) -> Vec<i64> {
        self.queue.ids()
    }

    /// Number of the newest update made so far.
    pub fn last_update_id(&self) -> i64 {
        self.queue.next_id() - 1
    }

    /// What the rate limits saw.
    pub fn limit_report(&self) -> &super::LimitReport {
        &self.limits.report
    }

    /// A group.
    pub fn group(&self, chat_id: i64) -> Option<&Group> {
        self.groups.get(&chat_id)
    }

    /// URL of the webhook, if one is set.
    pub fn webhook_url(&self) -> Option<&str> {
        self.webhook.as_ref().map(|w| w.url.as_str())
    }

    /// Whether the bot has called `getUpdates`, and be it that the call still waits.
    pub fn polling(&self) -> bool {
        self.poll_generation > 0
    }

    /// Commands as set for a scope (its JSON, such as `{"type":"default"}`) and language.
    pub fn commands(&self, scope: &Value, language: &str) -> Vec<(String, String)> {
        self.profile.commands(scope, language)
    }

    /// A resident, if the simulator knows one with this number.
    pub fn user(&self, id: i64) -> Option<Cow<'_, User>> {
        if let Some(user) = self.users.get(&id) {
            return Some(Cow::Borrowed(user));
        }
        let seed = self
            .seeds
            .iter()
            .find(|s| (s.base..s.base + s.n).contains(&id))?;
        Some(Cow::Owned(User {
            language_code: Some(seed.language_code.clone()),
            ..User::default()
        }))
    }

    /// The resident, to be changed; comes into being if need be.
    pub(super) fn user_mut(&mut self, id: i64) -> &mut User {
        let known = self.user(id).map(Cow::into_owned);
        self.users.entry(id).or_insert_with(|| {
            known.unwrap_or_else(|| User {
                started: false,
                ..User::default()
            })
        })
    }

    /// Whether a message can be sent to the chat; whether it is a group.
    pub(super) fn check_chat(&self, chat_id: i64) -> Result<bool, ApiError> {
        if let Some(group) = self.groups.get(&chat_id) {
            if let Some(new) = group.migrated_to {
                return Err(ApiError::migrated(new));
            }
            let kind = group.kind.as_str();
            return match group.bot {
                super::Standing::Kicked => Err(ApiError::forbidden(format!(
                    "bot was kicked from the {kind} chat"
                ))),
                super::Standing::Left => Err(ApiError::forbidden(format!(
                    "bot is not a member of the {kind} chat"
                ))),
                _ => Ok(true),
            };
        }
        let Some(user) = self.user(chat_id) else {
            return Err(ApiError::bad("chat not found"));
        };
        if user.deactivated {
            Err(ApiError::forbidden("user is deactivated"))
        } else if user.blocked {
            Err(ApiError::forbidden("bot was blocked by the user"))
        } else if !user.started {
            Err(ApiError::forbidden(
                "bot can't initiate conversation with a user",
            ))
        } else {
            Ok(false)
        }
    }

    /// Turns a `chat_id` parameter into a number.
    pub(super) fn chat_id(&self, value: Option<&Value>) -> Result<i64, ApiError> {
        match value {
            Some(Value::Number(number)) => number
                .as_i64()
                .ok_or_else(|| ApiError::bad("chat not found")),
            Some(Value::String(text)) if text.is_empty() => Err(ApiError::bad("chat_id is empty")),
            Some(Value::String(text)) => {
                if let Ok(id) = text.parse() {
                    return Ok(id);
                }
                let name = text
                    .strip_prefix('@')
                    .ok_or_else(|| ApiError::bad("chat not found"))?;
                let named = |g: &Group| {
                    g.username
                        .as_deref()
                        .is_some_and(|u| u.eq_ignore_ascii_case(name))
                };
                let found = self.groups.iter().find(|(_, group)| named(group));
                found
                    .map(|(id, _)| *id)
                    .ok_or_else(|| ApiError::bad("chat not found"))
            }
            _ => Err(ApiError::bad("chat_id is empty")),
        }
    }

    /// Number for the next message of a chat.
    pub(super) fn next_message_id(&mut self, chat_id: i64) -> i64 {
        let last = match self.groups.get_mut(&chat_id) {
            Some(group) if group.kind != GroupKind::Group => &mut group.last_message_id,
            _ => &mut self.last_message_id,
        };
        *last += 1;
        *last
    }

    /// Whether messages of the chat are kept.
    pub(super) fn stores(&self, chat_id: i64) -> bool {
        self.config.store_messages || self.groups.contains_key(&chat_id)
    }

    pub(super) fn store(&mut self, message: Message) {
        if self.stores(message.chat_id) {
            self.messages
                .entry(message.chat_id)
                .or_default()
                .push(message);
        }
    }

    /// The bot as a user.
    pub(super) fn wire_bot(&self) -> WireUser<'_> {
        WireUser {
            id: self.bot_id,
            is_bot: true,
            first_name: self.profile.shown_name(),
            username: Some(&self.username),
            language_code: None,
        }
    }

    /// Calls `f` with the chat as it looks on the wire.
    pub(super) fn with_chat<T>(&self, chat_id: i64, f: impl FnOnce(&WireChat<'_>) -> T) -> T {
        if let Some(group) = self.groups.get(&chat_id) {
            return f(&WireChat {
                id: chat_id,
                kind: group.kind.as_str(),
                title: Some(&group.title),
                first_name: None,
                username: group.username.as_deref(),
            });
        }
        let user = self.user(chat_id).unwrap_or_else(unknown);
        f(&WireChat {
            id: chat_id,
            kind: "private",
            title: None,
            first_name: Some(&user.first_name),
            username: user.username.as_deref(),
        })
    }

    /// A message as JSON.
    pub(super) fn message_json(&self, message: &Message) -> String {
        let author = message
            .from
            .map(|id| (id, self.user(id).unwrap_or_else(unknown)));
        let reply = message
            .reply_to
            .and_then(|id| self.message(message.chat_id, id));
        let reply_author = reply
            .and_then(|r| r.from)
            .map(|id| (id, self.user(id).unwrap_or_else(unknown)));
        self.with_chat(message.chat_id, |chat| {
            let reply_to = reply.map(|message| {
                let from = match &reply_author {
                    Some((id, user)) => user.wire(*id),
                    None => self.wire_bot(),
                };
                Box::new(WireMessage {
                    message,
                    from,
                    chat,
                    reply_to: None,
                })
            });
            let from = match &author {
                Some((id, user)) => user.wire(*id),
                None => self.wire_bot(),
            };
            json(&WireMessage {
                message,
                from,
                chat,
                reply_to,
            })
        })
    }
}

fn unknown<'a>() -> Cow<'a, User> {
    Cow::Owned(User::default())
}

/// Seconds since 1970.
pub(super) fn unix_now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
