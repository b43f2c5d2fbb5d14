//! Reads the files that answers refer to: `topics.toml` and `authorities.toml`.

use super::files::Files;
use super::{Authority, Listed, Topic, id_fault};
use crate::domain::Lang;
use crate::faults::{self, Faults, Reader};

/// The topics, in the order of the file; those that layers add come last.
pub(super) fn topics(files: &Files, langs: &[Lang], faults: &mut Faults) -> Listed<Topic> {
    let mut items: Vec<Topic> = Vec::new();
    let ids = read(files, "topics.toml", "topic", faults, |top| {
        let mut ids = Vec::new();
        top.each("topic", &["id", "name", "summary"], |mut reader| {
            let id = id(&mut reader, &mut ids);
            let name = reader.localized("name", langs);
            let summary = reader.localized("summary", langs);
            if let (Some(id), Some(name), Some(summary)) = (id, name, summary) {
                let topic = Topic { id, name, summary };
                match items.iter_mut().find(|below| below.id == topic.id) {
                    Some(below) => *below = topic,
                    None => items.push(topic),
                }
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

/// Reads a file that must be there and have something in it, and what layers add to it; gives the ids,
/// `None` if it can't.
fn read(
    files: &Files,
    path: &str,
    key: &str,
    faults: &mut Faults,
    mut list: impl FnMut(&mut Reader<'_>) -> Vec<String>,
) -> Option<Vec<String>> {
    if files.text(path).is_none() {
        faults.add(
            &files.place(None, path),
            "",
            format_args!("missing; add the file, with one {key} at least"),
        );
        return None;
    }
    let mut ids = Some(Vec::new());
    for (layer, path, text) in files.all(path) {
        let place = files.place(layer, path);
        let Some(table) = faults::parse(&place, text, faults) else {
            ids = None;
            continue;
        };
        let mut top = Reader::new(&place, table, &[key], faults);
        top.need(key, &format!("add one {key} at least"));
        let listed = list(&mut top);
        if let Some(ids) = &mut ids {
            ids.extend(listed);
        }
    }
    ids
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
