//! The web chat's port into the engine and the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::watch;

use crate::channels::Sink as _;
use crate::channels::web::{
    ChatPort, Line, LineButton, PageTexts, Said, SessionKey, Speaker, Unavailable,
};
use crate::clock::Clock;
use crate::domain::{self, ChannelKind, Inbound, Input, Lang, Localized, markup};
use crate::engine::{Hub, Intake};
use crate::locale::Locales;
use crate::store::Db;
use crate::store::web_lines::{self, WebLine};

/// What the web chat reaches of the rest.
pub struct Chat {
    intake: Intake,
    hub: Arc<Hub>,
    db: Db,
    clock: Clock,
    texts: BTreeMap<Lang, Arc<PageTexts>>,
    default_lang: Lang,
}

impl Chat {
    /// Prepares the page's words in every language.
    #[must_use]
    pub fn new(
        intake: Intake,
        hub: Arc<Hub>,
        db: Db,
        clock: Clock,
        locales: &Locales,
        municipality: &Localized,
        default_lang: Lang,
    ) -> Self {
        let texts = locales
            .langs()
            .into_iter()
            .map(|lang| {
                let name = municipality.best(lang).cloned().unwrap_or_default();
                let texts = PageTexts::from_lookup(lang, name.clone(), Vec::new(), |key| {
                    locales.page(lang, key, &name)
                });
                (lang, Arc::new(texts))
            })
            .collect();
        Self {
            intake,
            hub,
            db,
            clock,
            texts,
            default_lang,
        }
    }
}

fn line(line: WebLine) -> Line {
    Line {
        seq: line.seq,
        at_ms: line.at,
        from: if line.by_bot {
            Speaker::Bot
        } else {
            Speaker::Resident
        },
        lang: line.lang,
        html: markup::to_web_html(&markup::parse(&line.message.text)),
        buttons: line
            .message
            .rows()
            .map(|row| {
                row.iter()
                    .map(|button| LineButton {
                        label: button.label.clone(),
                        action: button.token.clone(),
                        url: None,
                    })
                    .collect()
            })
            .collect(),
    }
}

impl ChatPort for Chat {
    async fn say(
        &self,
        session: &SessionKey,
        said: Said,
        hint: Option<Lang>,
    ) -> Result<(), Unavailable> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| Unavailable)?;
        self.hub.greet(session.as_str());
        let event = Inbound {
            channel: ChannelKind::Web,
            address: session.as_str().to_owned(),
            external_id: URL_SAFE_NO_PAD.encode(id),
            chat: domain::Chat::Direct,
            lang_hint: hint,
            input: match said {
                Said::Text(text) => Input::Text(text),
                Said::Action(token) => Input::Token(token),
                Said::Start(payload) => Input::Start(payload),
            },
            on_message: None,
            message: None,
            thread: None,
            received_at: self.clock.now(),
        };
        self.intake
            .take(vec![event], Vec::new())
            .await
            .map_err(|_| Unavailable)?;
        Ok(())
    }

    async fn lines(&self, session: &SessionKey, after_seq: i64) -> Result<Vec<Line>, Unavailable> {
        let failed = |error| {
            tracing::error!(%error, "the web chat's page cannot be read");
            Unavailable
        };
        let mut conn = self.db.read().await.map_err(failed)?;
        let lines = web_lines::list(&mut conn, session.as_str(), after_seq)
            .await
            .map_err(failed)?;
        let parting = self.hub.parting(session.as_str());
        let parting = parting.filter(|parting| lines.is_empty() && parting.seq > after_seq);
        Ok(lines.into_iter().chain(parting).map(line).collect())
    }

    fn watch(&self, session: &SessionKey) -> watch::Receiver<i64> {
        self.hub.watch(session.as_str())
    }

    fn page(&self, lang: Lang) -> Arc<PageTexts> {
        self.texts
            .get(&lang)
            .or_else(|| self.texts.get(&self.default_lang))
            .or_else(|| self.texts.values().next())
            .map_or_else(
                // There is always a language; a page without words is still a page.
                || {
                    Arc::new(PageTexts::from_lookup(
                        lang,
                        String::new(),
                        Vec::new(),
                        str::to_owned,
                    ))
                },
                Arc::clone,
            )
    }
}
