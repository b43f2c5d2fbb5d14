//! Reads the web chat's page as a browser shows it.

/// A line of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place.
    pub seq: i64,
    /// Whether the bot wrote it.
    pub by_bot: bool,
    /// Its language, if it isn't the page's.
    pub lang: Option<String>,
    /// What is in the bubble, as HTML.
    pub html: String,
    /// What is in the bubble, as words with single spaces.
    pub text: String,
    /// The buttons.
    pub buttons: Vec<Button>,
}

/// A button under a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// What it sends.
    pub token: String,
}

impl Line {
    /// The labels of the buttons.
    pub fn labels(&self) -> Vec<&str> {
        self.buttons.iter().map(|button| &*button.label).collect()
    }

    /// The button with this label, ticked or not.
    pub fn button(&self, label: &str) -> Option<&Button> {
        self.buttons
            .iter()
            .find(|button| button.label == label || button.label == format!("✓ {label}"))
    }
}

/// The lines of a page, or of a piece of one.
pub fn lines(html: &str) -> Vec<Line> {
    html.split("<article ").skip(1).filter_map(line).collect()
}

fn line(article: &str) -> Option<Line> {
    let article = article.split("</article>").next()?;
    let by_bot = article.split('>').next()?.contains("line-bot");
    let bubble = article.split_once("<div class=\"bubble\"")?.1;
    let (attributes, bubble) = bubble.split_once('>')?;
    let html = bubble.split_once("</div>")?.0;
    let buttons = article.split("name=\"action\" value=\"").skip(1);
    Some(Line {
        seq: between(article, "data-seq=\"", "\"")?.parse().ok()?,
        by_bot,
        lang: between(attributes, "lang=\"", "\"").map(str::to_owned),
        html: html.to_owned(),
        text: text(html),
        buttons: buttons
            .filter_map(|button| {
                Some(Button {
                    token: unescape(button.split('"').next()?),
                    label: unescape(between(button, ">", "</button>")?),
                })
            })
            .collect(),
    })
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
}

/// The words of HTML, with single spaces.
pub fn text(html: &str) -> String {
    let mut words = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        words.push_str(before);
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        // Tags of a run of words part no words; all others begin a new line.
        if !["strong", "/strong", "a", "/a"].contains(&tag.split(' ').next().unwrap_or(tag)) {
            words.push(' ');
        }
        rest = after;
    }
    words.push_str(rest);
    squeeze(&unescape(&words))
}

/// Words with single spaces.
pub fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unescape(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let known = after.split_once(';').and_then(|(name, after)| {
            let c = match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                number => char::from_u32(number.strip_prefix('#')?.parse().ok()?)?,
            };
            Some((c, after))
        });
        plain.push(known.map_or('&', |(c, _)| c));
        rest = known.map_or(after, |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}
