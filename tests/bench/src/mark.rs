//! What is said: a text that tells whose it is and which of theirs.

use std::fmt;

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Speaker {
    Agent,
    Customer,
}

/// A message's place in all that is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mark {
    pub(crate) speaker: Speaker,
    /// In whose conversation.
    pub(crate) customer: u32,
    /// 1 for the first of this speaker in this conversation.
    pub(crate) number: u32,
}

impl Mark {
    /// Reads a text; `None` if it is none of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let speaker = match words.next()? {
            "agent" => Speaker::Agent,
            "customer" => Speaker::Customer,
            _ => return None,
        };
        Some(Self { speaker, customer: words.next()?.parse().ok()?, number: words.next()?.parse().ok()? })
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let speaker = match self.speaker {
            Speaker::Agent => "agent",
            Speaker::Customer => "customer",
        };
        write!(formatter, "{speaker} {} {}", self.customer, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_back_as_it_was_written() {
        for speaker in [Speaker::Agent, Speaker::Customer] {
            let mark = Mark { speaker, customer: 7, number: 42 };
            assert_eq!(Mark::parse(&mark.to_string()), Some(mark));
        }
    }

    #[test]
    fn other_texts_have_none() {
        for text in ["", "agent", "agent 1", "agent one 1", "router 1 1"] {
            assert_eq!(Mark::parse(text), None, "{text}");
        }
    }
}
