//! Reads the files that answers refer to: `topics.toml` and `authorities.toml`.

use super::files::Files;
use super::{Authority, Listed, Topic, id_fault};
use crate::domain::Lang;
use crate::faults::{self, Faults, Reader};

/// The topics, in the order of the file.
pub(super) fn topics(files: &Files, langs: &[Lang], faults: &mut Faults) -> Listed<Topic> {
    let mut items = Vec::new();
    let ids = read(files, "topics.toml", "topic", faults, |top| {
        let mut ids = Vec::new();
        top.each("topic", &["id", "name", "summary"], |mut reader| {
            let id = id(&mut reader, &mut ids);
            let name = reader.localized("name", langs);
            let summary = reader.localized("summary", langs);
            if let (Some(id), Some(name), Some(summary)) = (id, name, summary) {
                items.push(Topic { id, name, summary });
            }
        });
        ids
    });
    Listed { items, ids }
}

/// The authorities with their keys.
pub(super) fn authorities(
    files: &Files,
    langs: &[Lang],
    faults: &mut Faults,
) -> Listed<(String, Authority)> {
    let mut items = Vec::new();
    let ids = read(files, "authorities.toml", "authority", faults, |top| {
        let mut keys = Vec::new();
        top.named("authority", &["name", "url"], |key, mut reader| {
            keys.push(key.to_owned());
            if let Some(what) = id_fault(key) {
                reader.fault("", what);
            }
            let name = reader.localized("name", langs);
            reader.need("url", "write the address of its home page");
            let url = reader.web_url("url");
            if let (Some(name), Some(url)) = (name, url) {
                items.push((key.to_owned(), Authority { name, url }));
            }
        });
        keys
    });
    Listed { items, ids }
}

/// Reads a file that must be there and have something in it; gives the ids, `None` if it can't.
fn read(
    files: &Files,
    path: &str,
    key: &str,
    faults: &mut Faults,
    list: impl FnOnce(&mut Reader<'_>) -> Vec<String>,
) -> Option<Vec<String>> {
    let place = files.place(path);
    let Some(text) = files.text(path) else {
        faults.add(
            &place,
            "",
            format_args!("missing; add the file, with one {key} at least"),
        );
        return None;
    };
    let table = faults::parse(&place, text, faults)?;
    let mut top = Reader::new(&place, table, &[key], faults);
    top.need(key, &format!("add one {key} at least"));
    Some(list(&mut top))
}

/// The id of a listed table, which none before it may have.
pub(super) fn id(reader: &mut Reader<'_>, ids: &mut Vec<String>) -> Option<String> {
    let id = reader.need_text("id", "write an id such as \"fire\"")?;
    if let Some(what) = id_fault(&id) {
        reader.fault("id", what);
    }
    if ids.contains(&id) {
        reader.fault(
            "id",
            format_args!("\"{id}\" stands there twice; rename or remove one"),
        );
    }
    ids.push(id.clone());
    Some(id)
}
