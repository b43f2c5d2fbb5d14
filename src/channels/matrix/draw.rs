//! Messages as Matrix wants them: a plain body, and HTML of our own safe subset beside it
//! (specification, `m.room.message`); polls in the form Element sends and shows (MSC3381, unstable
//! names).

use serde_json::{Value, json};
use turvabot_matrix::{OWN, Post};

use super::Words;
use crate::domain::markup::{self, push_html};
use crate::domain::{Message, MessageButton, PollForm};

const MESSAGE: &str = "m.room.message";
const POLL_START: &str = "org.matrix.msc3381.poll.start";
const POLL_END: &str = "org.matrix.msc3381.poll.end";
const UNSTABLE_TEXT: &str = "org.matrix.msc1767.text";

/// How a text presents itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Somebody may answer (`m.text`).
    Talk,
    /// Posted by a machine, to be read (`m.notice`): clients don't ring for it.
    Post,
    /// Posted by a machine, and everyone in the room should notice.
    Alarm,
}

/// Both forms of a text.
struct Body {
    plain: String,
    html: String,
}

fn body(message: &Message, words: Option<&Words>) -> Body {
    let blocks = markup::parse(&message.text);
    let plain: Vec<String> = blocks.iter().map(markup::to_plain).collect();
    let mut body = Body {
        plain: plain.join("\n\n"),
        html: markup::to_web_html(&blocks),
    };
    push_choices(&mut body, message, words);
    body
}

/// Choices as numbered lines: "2" picks the second.
fn push_choices(body: &mut Body, message: &Message, words: Option<&Words>) {
    let choices: Vec<&MessageButton> = message.buttons.iter().flatten().collect();
    if choices.is_empty() {
        return;
    }
    let choose = words.map_or("", |words| words.choose.as_str());
    body.plain.push_str("\n\n");
    body.plain.push_str(choose);
    body.html.push_str("<p>");
    push_html(&mut body.html, choose);
    body.html.push_str("</p><ol>");
    for (number, choice) in (1..).zip(choices) {
        body.plain
            .push_str(&format!("\n{number}. {}", choice.label));
        body.html.push_str("<li>");
        push_html(&mut body.html, &choice.label);
        body.html.push_str("</li>");
    }
    body.html.push_str("</ol>");
}

/// What the bot keeps in an event for those who react to it: what each reaction does.
fn own(message: &Message) -> Value {
    let mut reactions = serde_json::Map::new();
    for button in &message.reactions {
        let emoji = button.label.split(' ').next().unwrap_or_default();
        reactions.insert(emoji.to_owned(), json!(button.token));
    }
    // Reactions travel unencrypted: a vote must not be told by one.
    if message.poll.is_none() {
        for (number, button) in (1..=9).zip(message.buttons.iter().flatten()) {
            reactions.insert(format!("{number}\u{20e3}"), json!(button.token));
        }
    }
    if reactions.is_empty() {
        json!({})
    } else {
        json!({ "reactions": reactions })
    }
}

fn content(body: &Body, tone: Tone) -> Value {
    json!({
        "msgtype": if tone == Tone::Post { "m.notice" } else { "m.text" },
        "body": body.plain,
        "format": "org.matrix.custom.html",
        "formatted_body": body.html,
        "m.mentions": if tone == Tone::Alarm { json!({ "room": true }) } else { json!({}) },
    })
}

/// A message as events, in order.
pub(super) fn draw(message: &Message, tone: Tone, words: Option<&Words>) -> Vec<Post> {
    let mut text = content(&body(message, words), tone);
    text[OWN] = own(message);
    let mut posts = vec![Post {
        kind: MESSAGE,
        content: text,
    }];
    if let Some(form) = &message.poll {
        posts.push(poll(form, message));
    }
    posts
}

/// A message said in a thread.
pub(super) fn in_thread(posts: &mut [Post], root: &str) {
    for post in posts {
        post.content["m.relates_to"] = json!({
            "rel_type": "m.thread", "event_id": root,
            "is_falling_back": true, "m.in_reply_to": { "event_id": root },
        });
    }
}

/// A message in the place of an earlier one.
pub(super) fn replacing(message: &Message, tone: Tone, words: Option<&Words>, id: &str) -> Post {
    let body = body(message, words);
    let fallback = Body {
        plain: format!("* {}", body.plain),
        html: format!("* {}", body.html),
    };
    let mut new = content(&body, tone);
    new[OWN] = own(message);
    let mut content = content(&fallback, tone);
    // The words changed; nobody is called again.
    content["m.mentions"] = json!({});
    content["m.new_content"] = new;
    content["m.relates_to"] = json!({ "rel_type": "m.replace", "event_id": id });
    Post {
        kind: MESSAGE,
        content,
    }
}

fn poll(form: &PollForm, message: &Message) -> Post {
    let options = message.buttons.iter().flatten().take(form.options);
    let mut fallback = form.question.clone();
    let mut answers = Vec::new();
    for (number, option) in (1..).zip(options) {
        fallback.push_str(&format!("\n{number}. {}", option.label));
        answers.push(json!({ "id": option.token, UNSTABLE_TEXT: option.label }));
    }
    Post {
        kind: POLL_START,
        content: json!({
            UNSTABLE_TEXT: fallback,
            POLL_START: {
                "kind": "org.matrix.msc3381.poll.undisclosed",
                "max_selections": 1,
                "question": { UNSTABLE_TEXT: form.question, "msgtype": "m.text", "body": form.question },
                "answers": answers,
            },
        }),
    }
}

/// The end of a poll; its result follows in words.
pub(super) fn ending(words: Option<&Words>, id: &str) -> Post {
    let ended = words.map_or("", |words| words.poll_ended.as_str());
    Post {
        kind: POLL_END,
        content: json!({
            "m.relates_to": { "rel_type": "m.reference", "event_id": id },
            POLL_END: {},
            UNSTABLE_TEXT: ended,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;

    fn words() -> Words {
        Words {
            lang: Lang::FI,
            choose: "Vastaa numerolla:".into(),
            poll_ended: "Kysely on päättynyt.".into(),
            board_name: String::new(),
            board_quiet: String::new(),
            board_live: String::new(),
        }
    }

    fn button(label: &str) -> MessageButton {
        MessageButton {
            label: label.into(),
            token: format!("v:{label}"),
        }
    }

    #[test]
    fn choices_are_numbered_in_both_forms_and_nothing_is_markup_that_is_not_ours() {
        let message = Message {
            text: "Moi **sinä** \\<b>".into(),
            buttons: vec![vec![button("A<i>")], vec![button("B")]],
            ..Message::default()
        };
        let posts = draw(&message, Tone::Talk, Some(&words()));
        let content = &posts[0].content;
        assert_eq!(
            content["body"],
            "Moi sinä <b>\n\nVastaa numerolla:\n1. A<i>\n2. B"
        );
        assert_eq!(
            content["formatted_body"],
            "<p>Moi <strong>sinä</strong> &lt;b&gt;</p><p>Vastaa numerolla:</p>\
             <ol><li>A&lt;i&gt;</li><li>B</li></ol>"
        );
        assert_eq!(content[OWN]["reactions"]["2\u{20e3}"], "v:B");
    }

    #[test]
    fn a_poll_is_told_in_words_too_and_no_reaction_votes() {
        let message = Message {
            text: "Onko valoa?".into(),
            buttons: vec![
                vec![button("On")],
                vec![button("Ei")],
                vec![button("Poista")],
            ],
            poll: Some(PollForm {
                question: "Onko valoa?".into(),
                options: 2,
            }),
            ..Message::default()
        };
        let posts = draw(&message, Tone::Talk, None);
        assert_eq!(posts[0].content[OWN], json!({}));
        let start = &posts[1].content[POLL_START];
        assert_eq!(start["answers"].as_array().map(Vec::len), Some(2));
        assert_eq!(start["answers"][1]["id"], "v:Ei");
    }
}
