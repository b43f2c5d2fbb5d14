//! Reads `municipality.toml`: what is particular to one municipality.

use super::files::tidy;
use super::topics::id;
use crate::domain::{Lang, Localized};
use crate::faults::{self, Faults, Reader};

/// What is particular to one municipality.
#[derive(Clone, Debug)]
pub struct Municipality {
    /// Statistics Finland's code, three digits; `000` is the demo's.
    pub code: String,
    /// What it is called.
    pub name: Localized,
    /// Its areas, in the order they are shown; there may be none.
    pub areas: Vec<Area>,
    /// Where the bot sends people when it does not know.
    pub contact: Option<Localized>,
    /// Who answers for personal data.
    pub privacy: Option<DataController>,
}

/// A part of the municipality, which residents may follow.
#[derive(Clone, Debug)]
pub struct Area {
    /// Lower-case words joined by hyphens, at most [`super::MAX_ID_CHARS`]; no other area has it.
    pub id: String,
    /// What it is called.
    pub name: Localized,
}

/// Who answers for personal data (GDPR, article 13).
#[derive(Clone, Debug)]
pub struct DataController {
    /// The controller's name.
    pub controller: Localized,
    /// How to reach the controller.
    pub address: Localized,
}

impl Municipality {
    /// Reads the text of a municipality file, which faults call `place`.
    ///
    /// # Errors
    ///
    /// Every fault found, each with its key and the cure.
    pub fn parse(place: &str, text: &str, langs: &[Lang]) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let table = faults::parse(place, &tidy(text), &mut faults);
        let municipality = table.and_then(|table| {
            let known = ["code", "name", "area", "contact", "privacy"];
            read(Reader::new(place, table, &known, &mut faults), langs)
        });
        municipality.filter(|_| faults.is_empty()).ok_or(faults)
    }
}

fn read(mut reader: Reader<'_>, langs: &[Lang]) -> Option<Municipality> {
    let code = reader.need_text("code", "write code = \"049\" (its three digits)");
    if let Some(code) = code.as_ref()
        && (code.len() != 3 || !code.bytes().all(|b| b.is_ascii_digit()))
    {
        let cure = "write three digits in quotes, such as \"049\"";
        reader.fault(
            "code",
            format_args!("\"{code}\" is not a municipality code; {cure}"),
        );
    }
    let name = reader.localized("name", langs);
    let mut areas = Vec::new();
    let mut ids = Vec::new();
    reader.each("area", &["id", "name"], |mut area| {
        let id = id(&mut area, &mut ids);
        let name = area.localized("name", langs);
        if let (Some(id), Some(name)) = (id, name) {
            areas.push(Area { id, name });
        }
    });
    let contact = if reader.has("contact") {
        reader.localized("contact", langs)
    } else {
        None
    };
    let privacy = reader
        .section("privacy", &["controller", "address"])
        .and_then(|mut privacy| {
            let controller = privacy.localized("controller", langs);
            let address = privacy.localized("address", langs);
            Some(DataController {
                controller: controller?,
                address: address?,
            })
        });
    Some(Municipality {
        code: code?,
        name: name?,
        areas,
        contact,
        privacy,
    })
}
