//! Who deals with what: `register.toml`.
//!
//! ```toml
//! [[matter]]                       # what people ask about
//! id = "street-lights"
//! name = { fi = "Katuvalot", sv = "Gatubelysning" }
//! asked = { fi = ["katulamppu on pimeänä"], sv = ["gatlyktan lyser inte"] }
//!
//! [[duty]]                         # who deals with it
//! matter = "street-lights"
//! municipality = "049"             # its code; without it, everywhere
//! authority = "municipality"       # a key of authorities.toml
//! name = { fi = "Esimerkkilän tekninen toimi", sv = "…" }      # optional, as are the next four
//! phone = "09 123 4567"
//! hours = { fi = "arkisin 8–15", sv = "vardagar 8–15" }
//! web = { fi = "https://…", sv = "https://…" }
//! note = { fi = "…", sv = "…" }
//! valid_until = 2027-06-30         # the last day on which it is told
//! ```

use jiff::civil::Date;
use url::Url;

use super::files::Files;
use super::topics::id;
use super::{Authority, Listed};
use crate::domain::{Lang, Localized};
use crate::faults::{self, Faults, LANGUAGES, Reader, did_you_mean, language_name};

const MATTER: &[&str] = &["id", "name", "asked"];

const DUTY: &[&str] = &[
    "matter",
    "municipality",
    "authority",
    "name",
    "phone",
    "hours",
    "web",
    "note",
    "valid_until",
];

/// Fewest digits of a telephone number: 112.
const PHONE_DIGITS: usize = 3;

/// Who deals with what.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// What there is to deal with, in the order of the file.
    pub matters: Vec<Matter>,
    /// Who deals with it; several rows may speak of one matter.
    pub duties: Vec<Duty>,
    /// The ids of all matters, sound or not; `None` if they aren't known.
    pub(super) ids: Option<Vec<String>>,
}

/// Something that somebody deals with.
#[derive(Clone, Debug)]
pub struct Matter {
    /// Lower-case words joined by hyphens; no other matter has it.
    pub id: String,
    /// What it is called.
    pub name: Localized,
    /// What residents call it, or say of it.
    pub asked: Localized<Vec<String>>,
}

/// Who deals with a matter.
#[derive(Clone, Debug)]
pub struct Duty {
    /// The id of the matter.
    pub matter: String,
    /// The code of the municipality that the row is about; `None`: all that have no row of their own.
    pub municipality: Option<String>,
    /// The key of the authority.
    pub authority: String,
    /// What those who deal with it are called here, if not by the authority's name.
    pub name: Option<Localized>,
    /// Where to call.
    pub phone: Option<String>,
    /// When the telephone is answered.
    pub hours: Option<Localized>,
    /// Where to read more or to report, `http` or `https`.
    pub web: Option<Localized<Url>>,
    /// What else there is to know.
    pub note: Option<Localized>,
    /// The last day on which this is told.
    pub valid_until: Date,
}

impl Register {
    /// The matter with this id.
    #[must_use]
    pub fn matter(&self, id: &str) -> Option<&Matter> {
        self.matters.iter().find(|matter| matter.id == id)
    }

    /// The rows about a matter that hold in a municipality, the one to be told first: the
    /// municipality's own go before those for all, and the last one before earlier ones.
    pub fn rows<'a>(
        &'a self,
        matter: &'a str,
        municipality: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Duty> {
        let of = move |own: bool| {
            let holds = move |duty: &&Duty| match &duty.municipality {
                Some(code) => own && Some(code.as_str()) == municipality,
                None => !own,
            };
            let about = self
                .duties
                .iter()
                .rev()
                .filter(move |duty| duty.matter == matter);
            about.filter(holds)
        };
        of(true).chain(of(false))
    }

    /// Who deals with a matter in a municipality on a day.
    #[must_use]
    pub fn duty<'a>(
        &'a self,
        matter: &'a str,
        municipality: Option<&'a str>,
        today: Date,
    ) -> Option<&'a Duty> {
        let mut rows = self.rows(matter, municipality);
        rows.find(|duty| duty.valid_until >= today)
    }
}

/// The register with the rows that layers add; empty without a file.
pub(super) fn register(
    files: &Files,
    authorities: &Listed<(String, Authority)>,
    langs: &[Lang],
    faults: &mut Faults,
) -> Register {
    let mut register = Register {
        ids: Some(Vec::new()),
        ..Register::default()
    };
    let mut tops = Vec::new();
    for (layer, path, text) in files.all("register.toml") {
        let place = files.place(layer, path);
        match faults::parse(&place, text, faults) {
            Some(table) => tops.push((place, table)),
            None => register.ids = None,
        }
    }
    // A row may speak of a matter that another file brings.
    let mut duties = Vec::new();
    for (place, mut table) in tops {
        let rows = table.remove("duty");
        let mut reader = Reader::new(&place, table, &["matter"], faults);
        let mut ids = Vec::new();
        reader.each("matter", MATTER, |reader| {
            if let Some(matter) = matter(reader, &mut ids, langs) {
                register.matters.retain(|below| below.id != matter.id);
                register.matters.push(matter);
            }
        });
        if let Some(all) = &mut register.ids {
            all.extend(ids);
        }
        let rows = rows.map(|rows| toml::Table::from_iter([("duty".to_owned(), rows)]));
        duties.extend(rows.map(|rows| (place, rows)));
    }
    for (place, table) in duties {
        let mut reader = Reader::new(&place, table, &["duty"], faults);
        reader.each("duty", DUTY, |reader| {
            let keys = authorities.ids.as_deref();
            register
                .duties
                .extend(duty(reader, register.ids.as_deref(), keys, langs));
        });
    }
    register
}

fn matter(mut reader: Reader<'_>, ids: &mut Vec<String>, langs: &[Lang]) -> Option<Matter> {
    let id = id(&mut reader, ids);
    let name = reader.localized("name", langs);
    let cure = "write what residents say, asked = { fi = [\"…\"], sv = [\"…\"] }";
    reader.need("asked", cure);
    let mut asked = Localized::default();
    let mut section = reader.section("asked", &[LANGUAGES])?;
    for lang in langs {
        match section.texts(lang.as_str()) {
            Some(texts) if !texts.is_empty() => {
                asked.insert(*lang, texts);
            }
            _ => section.fault(
                lang.as_str(),
                format_args!(
                    "missing; write what residents say in {}",
                    language_name(*lang)
                ),
            ),
        }
    }
    Some(Matter {
        id: id?,
        name: name?,
        asked: asked.missing(langs).is_empty().then_some(asked)?,
    })
}

fn duty(
    mut reader: Reader<'_>,
    matters: Option<&[String]>,
    authorities: Option<&[String]>,
    langs: &[Lang],
) -> Option<Duty> {
    let matter = reader.need_text("matter", "write the id of a matter");
    refuse_stranger(&mut reader, "matter", matter.as_deref(), matters);
    let authority = reader.need_text("authority", "write a key of authorities.toml");
    refuse_stranger(&mut reader, "authority", authority.as_deref(), authorities);
    let mut optional = |key: &str| match reader.has(key) {
        true => reader.localized(key, langs).map(Some),
        false => Some(None),
    };
    let (name, hours, note, web) = (
        optional("name"),
        optional("hours"),
        optional("note"),
        optional("web"),
    );
    let municipality = reader.text("municipality");
    let phone = reader.text("phone");
    if let Some(phone) = &phone {
        let plain = |c: char| c.is_ascii_digit() || c == ' ' || c == '+';
        let digits = phone.chars().filter(char::is_ascii_digit).count();
        if !phone.chars().all(plain) || digits < PHONE_DIGITS {
            let cure = "write digits and spaces, such as 0295 419 800";
            reader.fault(
                "phone",
                format_args!("\"{phone}\" is not a telephone number; {cure}"),
            );
        }
    }
    reader.need("valid_until", "write the last day on which it may be told");
    let valid_until = reader.date("valid_until");
    let web = match web? {
        Some(web) => Some(addresses(&mut reader, &web)?),
        None => None,
    };
    Some(Duty {
        matter: matter?,
        municipality,
        authority: authority?,
        name: name?,
        phone,
        hours: hours?,
        web,
        note: note?,
        valid_until: valid_until?,
    })
}

/// The addresses of pages, one per language.
fn addresses(reader: &mut Reader<'_>, web: &Localized) -> Option<Localized<Url>> {
    let mut addresses = Localized::default();
    for (lang, text) in web.iter() {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                addresses.insert(lang, url);
            }
            _ => {
                let cure = "write an address such as https://www.example.fi/";
                reader.fault(
                    "web",
                    format_args!("\"{text}\" is not a web address; {cure}"),
                );
                return None;
            }
        }
    }
    Some(addresses)
}

fn refuse_stranger(reader: &mut Reader<'_>, key: &str, id: Option<&str>, ids: Option<&[String]>) {
    let Some((id, ids)) = id.zip(ids) else { return };
    if !ids.iter().any(|known| known == id) {
        let near = did_you_mean(id, ids.iter().map(String::as_str));
        reader.fault(key, format_args!("\"{id}\" is not known{near}"));
    }
}
