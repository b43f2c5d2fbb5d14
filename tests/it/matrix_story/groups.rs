//! Groups: the bot speaks when it is spoken to, beside the talk of the others.

use super::{Chat, MODES, assert_answer, bot, greets, person, question, stored, with, words};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::{Resident, Text};
use crate::support::words::{label, phrase};

/// Two neighbours and the bot.
struct Group {
    bot: MatrixBot,
    maria: Resident,
    bo: Resident,
    room: String,
}

impl Group {
    async fn open(encrypted: bool) -> Self {
        let bot = bot().await;
        let (maria, bo) = (person("maria").await, person("bo").await);
        let room = maria.create_group(&[bo.id()], encrypted).await;
        assert_eq!(bo.invited_by(maria.id()).await, room);
        bo.join(&room).await;
        maria.sees_member(&room, bo.id(), "join").await;
        maria.invite(&room, bot.id()).await;
        for neighbour in [&maria, &bo] {
            let hello = neighbour.next_message(&room).await;
            let greeting = with("fi", "start-group", "municipality", "Espoo");
            assert!(words(&hello).starts_with(&greeting), "{hello:?}");
        }
        Self {
            bot,
            maria,
            bo,
            room,
        }
    }

    /// Maria says something to all, and the bot answers in the thread of it. Returns both.
    async fn ask(&self, text: Text<'_>) -> (String, crate::support::matrix::said::Said) {
        let asked = self.maria.send_text(&self.room, text).await;
        let heard = self.bo.next_message(&self.room).await;
        assert_eq!(heard.event_id, asked);
        let answer = self.maria.next_message(&self.room).await;
        assert_eq!(
            self.bo.next_message(&self.room).await.event_id,
            answer.event_id
        );
        assert_eq!(answer.sender, self.bot.id(), "{answer:?}");
        let root = text.thread.unwrap_or(&asked);
        assert_eq!(answer.thread.as_deref(), Some(root), "{answer:?}");
        (asked, answer)
    }
}

async fn in_a_group(encrypted: bool) {
    let group = Group::open(encrypted).await;
    let (maria, bo, room) = (&group.maria, &group.bo, &*group.room);
    let id = group.bot.id();
    let said = |body| Text {
        body,
        ..Text::default()
    };

    // Talk among neighbours is no concern of the bot's.
    maria.send(room, question("fi")).await;
    bo.next_message(room).await;
    let theirs = bo.send(room, "Turvabotti on hyvä").await;
    maria.next_message(room).await;
    let aside = Text {
        thread: Some(&theirs),
        ..said(question("fi"))
    };
    maria.send_text(room, aside).await;
    bo.next_message(room).await;

    let mentioning = Text {
        mentions: &[id],
        ..said(question("fi"))
    };
    let (root, answer) = group.ask(mentioning).await;
    assert_answer("fi", &answer);
    let by_name = format!(
        "{}: {}",
        with("fi", "profile-name", "municipality", "Espoo"),
        question("fi")
    );
    assert_answer("fi", &group.ask(said(&by_name)).await.1);
    let by_id = format!("{} {id}", question("sv"));
    assert_answer("sv", &group.ask(said(&by_id)).await.1);
    for command in ["!apu", "!hjälp"] {
        let (_, help) = group.ask(said(command)).await;
        assert!(
            help.body.contains(&label(
                if command == "!apu" { "fi" } else { "sv" },
                "button-privacy"
            )),
            "{help:?}"
        );
    }

    let further = Text {
        thread: Some(&root),
        ..said(question("fi"))
    };
    assert_answer("fi", &group.ask(further).await.1);

    // What is one's own isn't told or changed before others.
    for asked in ["!omattiedot", "!lopeta", "!poista"] {
        let (_, refused) = group.ask(said(asked)).await;
        assert_eq!(words(&refused), phrase("fi", "group-private"));
    }
    let subscribing = format!("{id} tilaa vesi");
    let (_, refused) = group.ask(said(&subscribing)).await;
    assert_eq!(words(&refused), phrase("fi", "group-private"));
    let chosen = "SELECT COUNT(*) FROM resident_topic";
    assert_eq!(group.bot.server.database.number(chosen).await, 0);

    group
        .bot
        .server
        .send_notice("Vaara", &["--severity", "extreme"])
        .await;
    group.bot.quiet().await;
    let left = maria.messages_left(room).await;
    assert!(left.is_empty(), "a group gets nothing unasked: {left:?}");
}

#[tokio::test]
async fn a_group_is_answered_in_threads_when_it_speaks_to_the_bot() {
    in_a_group(MODES[0]).await;
}

#[tokio::test]
async fn so_is_an_encrypted_group() {
    in_a_group(MODES[1]).await;
}

#[tokio::test]
async fn a_direct_chat_is_a_group_while_somebody_else_is_there() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        let (maria, room) = (&chat.resident, &*chat.room);
        let bo = person("bo").await;
        maria.invite(room, bo.id()).await;
        assert_eq!(bo.invited_by(maria.id()).await, room);
        bo.join(room).await;
        maria.sees_member(room, bo.id(), "join").await;
        chat.bot
            .server
            .send_notice("Kolmelle", &["--severity", "extreme"])
            .await;
        let kept_back = "SELECT COUNT(*) FROM outbox WHERE state = 'failed' \
                         AND reason = 'somebody else is in the chat'";
        stored(&chat.bot, kept_back, 1).await;
        maria.send(room, question("fi")).await;
        chat.nothing_more().await;

        bo.leave(room).await;
        maria.sees_member(room, bo.id(), "leave").await;
        assert_answer("fi", &chat.say(question("fi")).await);
        chat.bot
            .server
            .send_notice("Kahdelle", &["--severity", "extreme"])
            .await;
        let notice = chat.next().await;
        assert!(words(&notice).contains("Kahdelle"), "{notice:?}");
        let again = chat.say("aloita").await;
        assert!(words(&again).starts_with(&greets("fi")));
    }
}
