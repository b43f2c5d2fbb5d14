//! The table: medians of repetitions, beside what is aimed for.

use serde_json::{Value, json};

/// What is aimed for.
#[derive(Clone, Copy)]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
    Exactly(f64),
    /// Only shown.
    Shown,
}

impl Goal {
    fn met(self, value: f64) -> Option<bool> {
        match self {
            Self::AtLeast(goal) => Some(value >= goal),
            Self::AtMost(goal) => Some(value <= goal),
            Self::Exactly(goal) => Some((value - goal).abs() < 0.5),
            Self::Shown => None,
        }
    }

    fn text(self, value: f64) -> String {
        let (sign, goal) = match self {
            Self::AtLeast(goal) => ("≥", goal),
            Self::AtMost(goal) => ("≤", goal),
            Self::Exactly(goal) => ("=", goal),
            Self::Shown => return String::new(),
        };
        let mark = if self.met(value) == Some(true) {
            "✓"
        } else {
            "✗"
        };
        let decimals = usize::from(goal.fract() != 0.0);
        format!("{sign} {} {mark}", number(goal, decimals))
    }
}

/// One repetition of one measure.
#[derive(Clone, Copy, Default)]
pub struct Sample {
    pub value: f64,
    /// CPU seconds per 10,000.
    pub cpu_s: Option<f64>,
    pub peak_mb: Option<f64>,
}

impl From<f64> for Sample {
    fn from(value: f64) -> Self {
        Self {
            value,
            ..Self::default()
        }
    }
}

/// One line of the table.
pub struct Row {
    pub measure: String,
    pub decimals: usize,
    pub goal: Goal,
    pub cpu_goal: Goal,
    pub samples: Vec<Sample>,
}

impl Row {
    pub fn new(measure: impl Into<String>, decimals: usize, goal: Goal) -> Self {
        Self {
            measure: measure.into(),
            decimals,
            goal,
            cpu_goal: Goal::Shown,
            samples: Vec::new(),
        }
    }

    /// The same with a goal for the CPU time.
    pub fn cpu(mut self, goal: Goal) -> Self {
        self.cpu_goal = goal;
        self
    }

    fn all(&self, pick: impl Fn(&Sample) -> Option<f64>) -> Option<Spread> {
        Spread::of(self.samples.iter().filter_map(pick).collect())
    }

    fn cells(&self) -> [String; 5] {
        let value = self.all(|sample| Some(sample.value));
        let result = value.map_or("–".to_owned(), |spread| spread.text(self.decimals));
        let cpu = self.all(|sample| sample.cpu_s).map(|spread| {
            let goal = self.cpu_goal.text(spread.median);
            format!("{:.2} {goal}", spread.median).trim_end().to_owned()
        });
        let peak = self.all(|sample| sample.peak_mb);
        [
            self.measure.clone(),
            result,
            value.map_or_else(String::new, |spread| self.goal.text(spread.median)),
            cpu.unwrap_or_default(),
            peak.map_or_else(String::new, |spread| format!("{:.0}", spread.max)),
        ]
    }

    fn json(&self) -> Value {
        let value = self.all(|sample| Some(sample.value));
        let cpu = self.all(|sample| sample.cpu_s);
        json!({
            "measure": self.measure,
            "median": value.map(|spread| spread.median),
            "min": value.map(|spread| spread.min),
            "max": value.map(|spread| spread.max),
            "met": value.and_then(|spread| self.goal.met(spread.median)),
            "cpu_s_per_10000": cpu.map(|spread| spread.median),
            "cpu_met": cpu.and_then(|spread| self.cpu_goal.met(spread.median)),
            "peak_mb": self.all(|sample| sample.peak_mb).map(|spread| spread.max),
        })
    }
}

#[derive(Clone, Copy)]
struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        Some(Self {
            min: *values.first()?,
            median: values[(values.len() - 1) / 2],
            max: *values.last()?,
        })
    }

    fn text(&self, decimals: usize) -> String {
        let [median, min, max] = [self.median, self.min, self.max].map(|n| number(n, decimals));
        if min == max {
            median
        } else {
            format!("{median} ({min}–{max})")
        }
    }
}

/// `12,345.6`
fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// Prints the rows under the names of their columns, and with `json` one line for machines.
pub fn print(columns: [&str; 5], rows: &[Row], machine: &Value, json: bool) {
    let mut lines = vec![columns.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let used = |at: usize| lines[1..].iter().any(|line| !line[at].is_empty());
    let shown: Vec<usize> = (0..columns.len()).filter(|at| used(*at)).collect();
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max();
    for line in &lines {
        let cells = shown.iter().map(|at| {
            let width = width(*at).unwrap_or(0);
            format!("{:<width$}", line[*at])
        });
        println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    println!("\nMachine: {machine}");
    if json {
        let rows: Vec<_> = rows.iter().map(Row::json).collect();
        println!("{}", json!({"machine": machine, "rows": rows}));
    }
}
