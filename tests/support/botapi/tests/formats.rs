//! Strictness of parameters, text styles, entities, keyboards.

use serde_json::{Value, json};

use super::super::faults::next_random;
use super::super::schema::schema;
use super::super::text::{detect, utf16_len};
use super::super::{Config, html, markdown};
use super::{start, start_with};

#[test]
fn table_is_complete() {
    assert_eq!(schema().len(), 185);
    assert_eq!(schema().version, "Bot API 10.3");
    assert!(
        schema()
            .method("SENDMESSAGE")
            .is_some_and(|m| &*m.name == "sendMessage")
    );
    assert!(schema().method("sendMessages").is_none());
    assert!(schema().method(&"x".repeat(100)).is_none());
}

#[test]
fn html_style() {
    let text = html::parse(
        "<b>A&amp;<i>ä</i></b> <a href=\"https://turku.fi/?a=1&b=2\">linkki</a>\
         <pre><code class=\"language-rust\">x</code></pre>😀<tg-spoiler>y</tg-spoiler>\
         <blockquote expandable>q</blockquote>",
    )
    .expect("good HTML");
    assert_eq!(text.plain, "A&ä linkkix😀yq");
    let seen: Vec<(&str, u32, u32)> = text
        .entities
        .iter()
        .map(|e| (e.kind, e.offset, e.length))
        .collect();
    let expected = [
        ("bold", 0, 3),
        ("italic", 2, 1),
        ("text_link", 4, 6),
        ("pre", 10, 1),
        ("spoiler", 13, 1),
        ("expandable_blockquote", 14, 1),
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        text.entities[2].url.as_deref(),
        Some("https://turku.fi/?a=1&b=2")
    );
    assert_eq!(text.entities[3].language.as_deref(), Some("rust"));
    assert_eq!(utf16_len("aä€😀"), 5);
}

#[test]
fn html_refusals() {
    let refusals = [
        (
            "<b>x",
            "Can't find end tag corresponding to start tag \"b\"",
        ),
        (
            "<b>x</i>",
            "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\"",
        ),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<br>", "Unsupported start tag \"br\" at byte offset 0"),
        ("a < b", "Unsupported start tag \"\" at byte offset 2"),
        ("a & b", "Unsupported HTML entity at byte offset 2"),
        ("&nbsp;", "Unsupported HTML entity at byte offset 0"),
        ("a > b", "Unescaped character '>' at byte offset 2"),
        ("<b", "Unclosed start tag at byte offset 0"),
        (
            "<b onclick=\"x\">x</b>",
            "Unsupported attribute \"onclick\" in tag at byte offset 0",
        ),
        (
            "<span>x</span>",
            "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0",
        ),
        (
            "<a href=\"javascript:x\">x</a>",
            "invalid link \"javascript:x\"",
        ),
        (
            "<code><b>x</b></code>",
            "Tag \"b\" at byte offset 6 can't be nested there",
        ),
    ];
    for (source, problem) in refusals {
        assert_eq!(
            html::parse(source).map(|f| f.plain),
            Err(problem.to_owned()),
            "{source}"
        );
    }
}

#[test]
fn markdown_styles() {
    let text = markdown::parse_v2("*b _i_* \\. [l](https://a.fi/\\)) `c` ||s||\n>q\n>r\nend");
    let text = text.expect("good MarkdownV2");
    assert_eq!(text.plain, "b i . l c s\nq\nr\nend");
    let kinds: Vec<&str> = text.entities.iter().map(|e| e.kind).collect();
    assert_eq!(
        kinds,
        [
            "bold",
            "italic",
            "text_link",
            "code",
            "spoiler",
            "blockquote"
        ]
    );
    let reserved = "Character '.' is reserved and must be escaped with the preceding '\\'";
    assert_eq!(
        markdown::parse_v2("a.").map(|f| f.plain),
        Err(reserved.to_owned())
    );
    assert!(markdown::parse_v2("*a").is_err());
    assert!(markdown::parse_v2("[a]").is_err());
    let old = markdown::parse_v1("*b* _i_ `c` [l](https://a.fi) a.b").expect("good Markdown");
    assert_eq!(old.plain, "b i c l a.b");
    assert!(markdown::parse_v1("snake_case").is_err());
}

/// No text may make a parser panic.
#[test]
fn parsers_take_anything() {
    let pieces = [
        "<",
        ">",
        "/",
        "b",
        "a href=",
        "\"",
        "'",
        "&",
        ";",
        "#",
        "x41",
        "ä",
        "😀",
        " ",
        "\n",
        "*",
        "_",
        "~",
        "||",
        "`",
        "```",
        "[",
        "](",
        ")",
        "!",
        "\\",
        ">",
        "@abc",
        "pre",
        "code",
        "http://a.b",
        "=",
        "<b>",
        "</b>",
        "<a href=\"a.fi\">",
        "</a>",
        "<pre>",
        "</pre>",
        "&amp;",
        "&#1;",
        "**>",
    ];
    let mut random = 1;
    let mut parsed = 0;
    for _ in 0..20_000 {
        let length = next_random(&mut random) % 12;
        let piece = |_| pieces[usize::try_from(next_random(&mut random) % 41).unwrap_or(0)];
        let text: String = (0..length).map(piece).collect();
        for result in [
            html::parse(&text),
            markdown::parse_v2(&text),
            markdown::parse_v1(&text),
        ] {
            for entity in result.iter().flat_map(|f| &f.entities) {
                assert!(entity.length > 0, "{text}");
            }
            if let Ok(formatted) = result {
                parsed += 1;
                let ends = formatted.entities.iter().map(|e| e.offset + e.length);
                assert!(ends.max().unwrap_or(0) <= formatted.units(), "{text}");
            }
        }
        for entity in detect(&text) {
            assert!(entity.offset + entity.length <= utf16_len(&text), "{text}");
        }
    }
    assert!(parsed > 1000);
}

#[test]
fn found_entities() {
    let kinds = |text: &str| -> Vec<(&'static str, u32, u32)> {
        detect(text)
            .iter()
            .map(|e| (e.kind, e.offset, e.length))
            .collect()
    };
    assert_eq!(kinds("/start@turva_test_bot 1"), [("bot_command", 0, 21)]);
    assert_eq!(
        kinds("😀 /apua, @turva #suoja"),
        [
            ("bot_command", 3, 5),
            ("mention", 10, 6),
            ("hashtag", 17, 6)
        ]
    );
    assert_eq!(kinds("a/b ja 1/2"), []);
    assert_eq!(
        kinds("https://turku.fi/x. a@b.fi"),
        [("url", 0, 18), ("email", 20, 6)]
    );
}

#[tokio::test]
async fn strict_parameters() {
    let (sim, client) = start();
    sim.say(1, "/start");
    let refused = async |params: Value| client.refused("sendMessage", params).await;
    assert_eq!(
        refused(json!({"text": "x"})).await,
        "Bad Request: chat_id is empty"
    );
    assert_eq!(
        refused(json!({"chat_id": 1})).await,
        "Bad Request: message text is empty"
    );
    assert_eq!(
        refused(json!({"chat_id": 1, "text": " \n"})).await,
        "Bad Request: message text is empty"
    );
    let unknown = refused(json!({"chat_id": 1, "text": "x", "silent": true})).await;
    assert_eq!(
        unknown,
        "Bad Request: parameter \"silent\" is unknown (sendMessage)"
    );
    let ill_typed = refused(json!({"chat_id": 1, "text": "x", "disable_notification": 1})).await;
    assert!(
        ill_typed.contains("\"disable_notification\" must be Boolean"),
        "{ill_typed}"
    );
    let deep = refused(json!({"chat_id": 1, "text": "x", "reply_markup": {
        "inline_keyboard": [[{"text": "a", "callback_dat": "b"}]]}}))
    .await;
    assert!(
        deep.contains("\"reply_markup.inline_keyboard[0][0].callback_dat\" is unknown"),
        "{deep}"
    );
    assert_eq!(
        refused(json!({"chat_id": 2, "text": "x"})).await,
        "Bad Request: chat not found"
    );
    let long = "😀".repeat(2049);
    assert_eq!(
        refused(json!({"chat_id": 1, "text": long})).await,
        "Bad Request: message is too long"
    );
    let marked = format!("<b>{}</b>", "a".repeat(4096));
    client
        .ok(
            "sendMessage",
            json!({"chat_id": 1, "text": marked, "parse_mode": "HTML"}),
        )
        .await;
    assert_eq!(
        refused(json!({"chat_id": 1, "text": "<b>x", "parse_mode": "HTML"})).await,
        "Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\""
    );
    for data in [String::new(), "ä".repeat(33)] {
        let markup = json!({"inline_keyboard": [[{"text": "a", "callback_data": data}]]});
        let params = json!({"chat_id": 1, "text": "x", "reply_markup": markup});
        assert_eq!(refused(params).await, "Bad Request: BUTTON_DATA_INVALID");
    }
    let entities = json!([{"type": "bold", "offset": 1, "length": 3}]);
    let given = json!({"chat_id": 1, "text": " moi", "entities": entities});
    let sent = client.ok("sendMessage", given).await;
    assert_eq!(
        sent["entities"],
        json!([{"type": "bold", "offset": 0, "length": 3}])
    );
    let beyond = json!({"chat_id": 1, "text": "moi", "entities": entities});
    assert!(
        refused(beyond)
            .await
            .contains("ends after the end of the text")
    );
    let kinds = json!({"allowed_updates": ["messages"]});
    assert!(
        client
            .refused("getUpdates", kinds)
            .await
            .contains("unknown kind \"messages\"")
    );
    let other = client.refused("sendDice", json!({"chat_id": 1})).await;
    assert_eq!(
        other,
        "Bad Request: method not implemented by the simulator"
    );
}

#[tokio::test]
async fn tokens_and_encodings() {
    let tokens = vec!["11:first".to_owned(), "12:second".to_owned()];
    let (sim, client) = start_with(Config {
        tokens,
        ..Config::default()
    });
    assert_eq!(client.ok("GetMe", json!({})).await["id"], 11);
    let second = sim.bot("12:second").expect("a second bot");
    second.say(7, "moi");
    assert_eq!(sim.read(|s| s.pending_updates()), 0);
    assert_eq!(second.read(|s| s.pending_updates()), 1);

    let get = async |path: &str| {
        let response = client.http.get(format!("{}{path}", sim.url())).send().await;
        let response = response.expect("an answer");
        let status = response.status().as_u16();
        (status, response.json::<Value>().await.expect("JSON"))
    };
    let (status, body) = get("/bot1:wrong/getMe").await;
    assert_eq!(
        (status, body),
        (
            401,
            json!({"ok": false, "error_code": 401, "description": "Unauthorized"})
        )
    );
    assert_eq!(get("/bot11:first/getYou").await.0, 404);
    sim.say(1, "moi");
    let (status, body) = get("/bot11:first/sendMessage?chat_id=1&text=a%20%C3%A4").await;
    assert_eq!((status, &body["result"]["text"]), (200, &json!("a ä")));

    let keyboard = json!({"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}).to_string();
    let form = format!(
        "chat_id=1&text=x&disable_notification=true&reply_markup={}",
        url::form_urlencoded::byte_serialize(keyboard.as_bytes()).collect::<String>()
    );
    let url = format!("{}/sendMessage", client.base);
    let request = client
        .http
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded");
    let body: Value = request
        .body(form)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(
        body["result"]["reply_markup"]["inline_keyboard"][0][0]["callback_data"],
        "b"
    );
    assert!(sim.read(|s| s.last_bot_message(1).is_some_and(|m| m.silent)));

    let multipart = "--XX\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n1\r\n--XX\r\n\
        Content-Disposition: form-data; name=\"photo\"\r\n\r\nattach://kuva\r\n--XX\r\n\
        Content-Disposition: form-data; name=\"kuva\"; filename=\"k.png\"\r\n\
        Content-Type: image/png\r\n\r\n\x01\x02\r\n--x\r\n--XX--\r\n";
    let url = format!("{}/sendPhoto", client.base);
    let request = client
        .http
        .post(url)
        .header("content-type", "multipart/form-data; boundary=XX");
    let body: Value = request
        .body(multipart)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    assert_eq!(body["result"]["photo"][1]["file_size"], 7, "{body}");
    let file = sim
        .read(|s| s.last_bot_message(1).and_then(|m| m.file.clone()))
        .expect("a file");
    assert_eq!(
        (file.file_name.as_str(), file.content_type.as_str()),
        ("k.png", "image/png")
    );
}
