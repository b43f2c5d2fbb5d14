//! A safety notice, in the terms of CAP 1.2 (OASIS Common Alerting Protocol).

use std::str::FromStr;

use super::{Lane, Localized, Millis};

/// CAP 1.2 §3.2.2 `severity`, without `Unknown`: a municipality knows its own notices.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Minimal to no known threat.
    Minor,
    /// Possible threat.
    Moderate,
    /// Significant threat.
    Severe,
    /// Extraordinary threat.
    Extreme,
}

impl Severity {
    /// The name on the command line and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minor => "minor",
            Self::Moderate => "moderate",
            Self::Severe => "severe",
            Self::Extreme => "extreme",
        }
    }

    /// Whether it reaches everyone in the area, whatever topics they chose and at any hour.
    #[must_use]
    pub fn is_alert(self) -> bool {
        self >= Self::Severe
    }

    /// The lane of its deliveries.
    #[must_use]
    pub fn lane(self) -> Lane {
        if self.is_alert() {
            Lane::Alert
        } else {
            Lane::Notice
        }
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name.to_ascii_lowercase().as_str() {
            "minor" => Ok(Self::Minor),
            "moderate" => Ok(Self::Moderate),
            "severe" => Ok(Self::Severe),
            "extreme" => Ok(Self::Extreme),
            _ => Err(format!(
                "\"{name}\" is not a severity; write minor, moderate, severe or extreme"
            )),
        }
    }
}

/// A notice.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its number.
    pub id: i64,
    /// How bad it is.
    pub severity: Severity,
    /// The topic whose subscribers get it; `None`: those of any topic.
    pub topic: Option<String>,
    /// The area it concerns; `None`: the whole municipality.
    pub area: Option<String>,
    /// Title per language (CAP `headline`).
    pub headline: Localized,
    /// Text per language (CAP `description`).
    pub description: Localized,
    /// When it was sent.
    pub sent_at: Millis,
    /// When its texts were last replaced (CAP `msgType` `Update`).
    pub updated_at: Option<Millis>,
    /// When it was cancelled (CAP `msgType` `Cancel`).
    pub ended_at: Option<Millis>,
}
