//! What a bench prints: a line for each figure.

/// Prints figures as they come.
pub struct Report {
    /// The bench's name.
    pub bench: &'static str,
    /// One JSON object a line, instead of a table.
    pub json: bool,
}

impl Report {
    /// A figure.
    pub fn figure(&self, case: &str, value: f64, unit: &str) {
        if self.json {
            println!(
                r#"{{"bench": "{}", "case": "{case}", "value": {value:.3}, "unit": "{unit}"}}"#,
                self.bench
            );
        } else {
            println!("{:<10} {case:<28} {value:>16.1} {unit}", self.bench);
        }
    }
}
