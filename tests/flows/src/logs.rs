//! What the functions have printed.

use std::collections::HashMap;

use local::Host;

use crate::secrecy::Report;
use crate::system::FUNCTIONS;

/// So many of a function's lines are kept.
const LINES_KEPT: usize = 10_000;
/// So many lines, one after the other, are there only once: each has its time.
const LINES_COMPARED: usize = 8;

/// What the functions have printed, from the beginning on.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    lines: HashMap<&'static str, Vec<String>>,
    /// Functions of which lines were lost before they were read.
    lost: Vec<&'static str>,
}

impl Logs {
    /// Reads what was printed since the last time.
    pub(crate) fn read(&mut self, host: &Host) {
        for function in FUNCTIONS {
            let known = self.lines.entry(function).or_default();
            let kept = host.logs(function);
            match first_unknown(known, &kept) {
                Some(first) => known.extend(kept.into_iter().skip(first)),
                None => self.lost.push(function),
            }
        }
    }

    /// Each line, with its place.
    pub(crate) fn reports(&self) -> impl Iterator<Item = Report> {
        let lines = self.lines.iter().flat_map(|(function, lines)| (1..).zip(lines).map(move |line| (function, line)));
        lines.map(|(function, (number, text))| Report {
            place: format!("line {number} of the log of {function}"),
            text: text.clone(),
        })
    }

    /// What can't be judged.
    pub(crate) fn gaps(&self) -> Vec<String> {
        self.lost
            .iter()
            .map(|function| format!("lines of the log of {function} were lost before they were read"))
            .collect()
    }
}

/// Where, in the lines that are kept, those begin that are not known. `None` if there may be more of them than are kept.
fn first_unknown(known: &[String], kept: &[String]) -> Option<usize> {
    if kept.len() < LINES_KEPT {
        return Some(known.len());
    }
    let compared = known.get(known.len().saturating_sub(LINES_COMPARED)..).filter(|lines| !lines.is_empty())?;
    let position = kept.windows(compared.len()).rposition(|lines| lines == compared)?;
    Some(position + compared.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(numbers: std::ops::Range<usize>) -> Vec<String> {
        numbers.map(|number| number.to_string()).collect()
    }

    #[test]
    fn what_is_new_is_found_before_and_after_lines_are_dropped() {
        assert_eq!(first_unknown(&[], &lines(0..5)), Some(0));
        assert_eq!(first_unknown(&lines(0..5), &lines(0..7)), Some(5));
        assert_eq!(first_unknown(&lines(0..LINES_KEPT), &lines(100..LINES_KEPT + 100)), Some(LINES_KEPT - 100));
    }

    #[test]
    fn lines_that_nobody_read_are_missed() {
        assert_eq!(first_unknown(&[], &lines(0..LINES_KEPT)), None);
        assert_eq!(first_unknown(&lines(0..9), &lines(LINES_KEPT..LINES_KEPT * 2)), None);
    }
}
