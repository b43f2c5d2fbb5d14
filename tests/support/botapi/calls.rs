//! Carrying out calls: validation, dispatch, counters.

use std::time::Instant;

use serde_json::{Value, json};

use super::model::{CallbackAnswer, Standing, json as to_json};
use super::params::Params;
use super::schema::{Method, schema};
use super::state::{CallRecord, State, unix_now};
use super::{ApiError, Reply, SimBot, send};

/// Checks and carries out one call.
pub(super) async fn call(bot: &SimBot, method: &'static Method, params: &mut Params) -> Reply {
    if params.untyped {
        schema().coerce(method, &mut params.values);
    }
    if !params.files.is_empty() {
        params.link_files();
    }
    let params = &*params;
    let name = &*method.name;
    let prepared = schema()
        .validate(method, &params.values, &|part| params.has_file(part))
        .map_err(ApiError::bad)
        .and_then(|()| send::prepare(name, params));
    let polled = match (name, &prepared) {
        ("getUpdates", Ok(_)) => Some(bot.get_updates(params).await),
        _ => None,
    };
    // Result and counters change together, so that who waits for one sees the other.
    bot.with(|state| {
        let reply = match (prepared, polled) {
            (Err(error), _) => Err(error),
            (Ok(_), Some(reply)) => reply,
            (Ok(prepared), None) => state.dispatch(name, params, prepared),
        };
        state.count(method, params, &reply);
        reply
    })
}

impl State {
    fn count(&mut self, method: &Method, params: &Params, reply: &Reply) {
        let count = &mut self.calls[method.index];
        count.total += 1;
        match reply {
            Ok(_) => count.ok += 1,
            Err(error) => *count.errors.entry(error.code).or_default() += 1,
        }
        if self.config.record_calls {
            let (code, description) = match reply {
                Ok(_) => (200, None),
                Err(error) => (error.code, Some(error.description.to_string())),
            };
            self.record(method, params, code, description);
        }
    }

    /// Counts a call that a fault kept from being carried out.
    pub(super) fn count_fault(&mut self, method: &Method, params: &Params, carried_out: bool) {
        let count = &mut self.calls[method.index];
        count.faults += 1;
        if !carried_out {
            count.total += 1;
            if self.config.record_calls {
                self.record(method, params, 0, None);
            }
        }
    }

    fn record(&mut self, method: &Method, params: &Params, code: u16, description: Option<String>) {
        self.log.push(CallRecord {
            method: method.name.to_string(),
            params: Value::Object(params.values.clone()),
            code,
            description,
            at_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }

    fn dispatch(&mut self, name: &str, params: &Params, prepared: send::Prepared) -> Reply {
        match name {
            "sendMessage" | "sendPhoto" => self.send(name, params, prepared),
            "editMessageText" | "editMessageReplyMarkup" => self.edit(name, params, prepared),
            "setWebhook" => self.set_webhook(params),
            "deleteWebhook" => self.delete_webhook(params),
            "getMe" => Ok(self.me()),
            "getWebhookInfo" => Ok(self.webhook_info()),
            "deleteMessage" => self.delete(params),
            "answerCallbackQuery" => self.answer_press(params),
            "sendChatAction" => self.chat_action(params),
            "setMyCommands"
            | "getMyCommands"
            | "deleteMyCommands"
            | "setMyName"
            | "getMyName"
            | "setMyDescription"
            | "getMyDescription"
            | "setMyShortDescription"
            | "getMyShortDescription" => {
                if let Some(chat) = params.values.get("scope").and_then(|s| s.get("chat_id")) {
                    let chat = self.chat_id(Some(chat))?;
                    self.check_chat(chat)?;
                }
                self.profile.call(name, params)
            }
            "getChat" => self.get_chat(params),
            "getChatMember" => self.get_chat_member(params),
            "leaveChat" => self.leave_chat(params),
            "setMessageReaction" => self.react(params),
            "pinChatMessage" => self.pin(params),
            "logOut" | "close" => Ok("true".to_owned()),
            _ => Err(ApiError::bad("method not implemented by the simulator")),
        }
    }

    fn me(&self) -> String {
        json!({
            "id": self.bot_id,
            "is_bot": true,
            "first_name": self.profile.shown_name(),
            "username": self.username,
            "can_join_groups": true,
            "can_read_all_group_messages": !self.config.privacy_mode,
            "supports_guest_queries": false,
            "supports_inline_queries": false,
            "can_connect_to_business": false,
            "has_main_web_app": false,
            "has_topics_enabled": false,
            "allows_users_to_create_topics": false,
            "can_manage_bots": false,
            "supports_join_request_queries": false,
        })
        .to_string()
    }

    fn answer_press(&mut self, params: &Params) -> Reply {
        let id = params.text("callback_query_id").unwrap_or_default();
        let text = params.text("text");
        if text.is_some_and(|t| t.chars().count() > 200) {
            return Err(ApiError::bad("MESSAGE_TOO_LONG"));
        }
        let too_old = || {
            ApiError::bad("query is too old and response timeout expired or query ID is invalid")
        };
        let number: u64 = id.parse().map_err(|_| too_old())?;
        if let Some(votes) = &mut self.votes
            && votes.answered(
                number,
                Instant::now(),
                &mut self.queue,
                &mut self.last_message_id,
            )
        {
            self.answered += 1;
            return Ok("true".to_owned());
        }
        let press = self.presses.get(&number).ok_or_else(too_old)?;
        if press.at.elapsed() > self.config.callback_ttl {
            return Err(too_old());
        }
        self.answers.push(CallbackAnswer {
            id: id.to_owned(),
            user: press.user,
            data: press.data.clone(),
            text: text.map(str::to_owned),
            show_alert: params.flag("show_alert"),
            url: params.text("url").map(str::to_owned),
        });
        self.answered += 1;
        Ok("true".to_owned())
    }

    fn chat_action(&mut self, params: &Params) -> Reply {
        const ACTIONS: [&str; 11] = [
            "typing",
            "upload_photo",
            "record_video",
            "upload_video",
            "record_voice",
            "upload_voice",
            "upload_document",
            "choose_sticker",
            "find_location",
            "record_video_note",
            "upload_video_note",
        ];
        let chat_id = self.chat_id(params.values.get("chat_id"))?;
        self.check_chat(chat_id)?;
        if !ACTIONS.contains(&params.text("action").unwrap_or_default()) {
            return Err(ApiError::bad("wrong parameter action in request"));
        }
        self.actions += 1;
        Ok("true".to_owned())
    }

    fn get_chat(&self, params: &Params) -> Reply {
        let chat_id = self.chat_id(params.values.get("chat_id"))?;
        match self.check_chat(chat_id) {
            // A blocked or deleted account is still a known chat.
            Err(error) if error.code == 403 && !self.groups.contains_key(&chat_id) => {}
            Err(error) => return Err(error),
            Ok(_) => {}
        }
        let mut chat = self.with_chat(chat_id, |chat| json!(chat));
        chat["accent_color_id"] = json!(0);
        chat["max_reaction_count"] = json!(11);
        chat["accepted_gift_types"] = json!({
            "unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false,
            "premium_subscription": false, "gifts_from_channels": false,
        });
        let pinned = self
            .messages(chat_id)
            .iter()
            .rev()
            .find(|m| m.pinned && !m.deleted);
        if let Some(message) = pinned {
            // Invariant: `message_json` writes JSON.
            let message = serde_json::from_str(&self.message_json(message)).expect("own JSON");
            chat["pinned_message"] = message;
        }
        Ok(chat.to_string())
    }

    fn get_chat_member(&self, params: &Params) -> Reply {
        let chat_id = self.chat_id(params.values.get("chat_id"))?;
        let group = self.check_chat(chat_id)?;
        let user_id = params.int("user_id").unwrap_or_default();
        let standing = if !group {
            (user_id == chat_id || user_id == self.bot_id).then_some(Standing::Member)
        } else if user_id == self.bot_id {
            self.groups.get(&chat_id).map(|g| g.bot)
        } else {
            let standing = self
                .groups
                .get(&chat_id)
                .and_then(|g| g.members.get(&user_id))
                .copied();
            standing.or_else(|| self.user(user_id).map(|_| Standing::Left))
        };
        let standing = standing.ok_or_else(|| ApiError::bad("member not found"))?;
        Ok(self.member_json(user_id, standing).to_string())
    }

    /// A `ChatMember`.
    pub(super) fn member_json(&self, user_id: i64, standing: Standing) -> Value {
        let user = if user_id == self.bot_id {
            to_json(&self.wire_bot())
        } else {
            to_json(&self.user(user_id).unwrap_or_default().wire(user_id))
        };
        // Invariant: `to_json` writes JSON.
        let user: Value = serde_json::from_str(&user).expect("own JSON");
        match standing {
            Standing::Creator => json!({"status": "creator", "user": user, "is_anonymous": false}),
            Standing::Administrator => json!({
                "status": "administrator", "user": user, "can_be_edited": false,
                "is_anonymous": false, "can_manage_chat": true, "can_delete_messages": true,
                "can_manage_video_chats": false, "can_restrict_members": false,
                "can_promote_members": false, "can_change_info": false, "can_invite_users": true,
                "can_post_stories": false, "can_edit_stories": false, "can_delete_stories": false,
                "can_send_welcome_messages": false, "can_pin_messages": true,
            }),
            Standing::Member => json!({"status": "member", "user": user}),
            Standing::Left => json!({"status": "left", "user": user}),
            Standing::Kicked => json!({"status": "kicked", "user": user, "until_date": 0}),
        }
    }

    fn leave_chat(&mut self, params: &Params) -> Reply {
        let chat_id = self.chat_id(params.values.get("chat_id"))?;
        if !self.check_chat(chat_id)? {
            return Err(ApiError::bad(
                "chat member status can't be changed in private chats",
            ));
        }
        self.change_bot_standing(chat_id, None, Standing::Left, unix_now());
        Ok("true".to_owned())
    }
}
