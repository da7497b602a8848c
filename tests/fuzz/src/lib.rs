//! Plays hostile input to the parsers of what comes from outside: a corpus of valid and nearly valid inputs, and ever new
//! variants of them.
//!
//! A target says of each input whether it was accepted, and panics if what must hold of it does not. `corpus/<target>` holds its
//! files; an input that once failed belongs there too.

use std::fmt;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

mod json;
pub mod refusal;
mod variants;

use variants::Variants;

/// A text that stands in many variants as somebody's words: no problem, error or log may repeat it.
pub const PLANTED: &str = "planted 7Qx";
/// For how long variants are played, unless `BOLERO_RANDOM_TEST_TIME_MS` says otherwise.
const TEST_TIME: Duration = Duration::from_secs(2);
/// No input of a few kilobytes takes longer, even where nothing is optimised and other tests run beside it.
const LONGEST: Duration = Duration::from_secs(5);
/// From fewer variants, as a busy machine plays them, nothing is concluded about how many are accepted.
const ENOUGH_VARIANTS: usize = 200;

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Accepted,
    /// It was refused, as it should be.
    Refused,
}

impl Verdict {
    /// Of an input that was taken, or not.
    #[must_use]
    pub fn accepted_if(is_accepted: bool) -> Self {
        if is_accepted { Self::Accepted } else { Self::Refused }
    }
}

/// What inputs look like, and so how variants are made of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON, of which members and values are changed; and sometimes bytes.
    Json,
    /// Bytes.
    Bytes,
}

/// Something that parses what comes from outside.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Also the name of its folder in the corpus.
    pub name: &'a str,
    /// What its inputs look like.
    pub form: Form,
    /// Words that mean something to it, besides those of its corpus.
    pub words: &'a [&'a str],
    /// Of a hundred variants, at least so many are accepted: what is refused at its first byte shows nothing.
    pub accepted_percent: usize,
}

/// An input; shown as text.
#[derive(Clone, PartialEq, Eq)]
pub struct Input(pub Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "b\"{}\"", self.0.escape_ascii())
    }
}

impl Target<'_> {
    /// Plays the corpus, and then variants of it for some seconds.
    ///
    /// # Panics
    /// `check` panics, takes too long, or accepts too little.
    pub fn play(&self, check: impl Fn(&[u8]) -> Verdict + RefUnwindSafe) {
        let corpus = corpus(self.name);
        let verdicts: Vec<_> = corpus.iter().map(|(file, input)| play_file(file, input, &check)).collect();
        assert!(
            verdicts.contains(&Verdict::Accepted) && verdicts.contains(&Verdict::Refused),
            "{}: {verdicts:?}",
            self.name
        );
        let inputs = corpus.into_iter().map(|(_, input)| input).collect();
        let (played, accepted) = (AtomicUsize::new(0), AtomicUsize::new(0));
        self.play_variants(&Variants::new(self, inputs), |input: &Input| {
            played.fetch_add(1, Ordering::Relaxed);
            accepted.fetch_add(usize::from(timed(&input.0, &check) == Verdict::Accepted), Ordering::Relaxed);
        });
        let (played, accepted) = (played.into_inner(), accepted.into_inner());
        let is_enough = played < ENOUGH_VARIANTS || accepted * 100 >= played * self.accepted_percent;
        assert!(played > 0 && is_enough, "{}: {accepted} of {played} variants were accepted", self.name);
    }

    fn play_variants(&self, variants: &Variants, check: impl Fn(&Input) + RefUnwindSafe) {
        bolero::check!(name = self.name).with_generator(variants).with_test_time(TEST_TIME).for_each(check);
    }
}

fn play_file(file: &str, input: &[u8], check: &(impl Fn(&[u8]) -> Verdict + RefUnwindSafe)) -> Verdict {
    let verdict = catch_unwind(AssertUnwindSafe(|| timed(input, check)));
    verdict.unwrap_or_else(|_| panic!("{file} of the corpus fails"))
}

fn timed(input: &[u8], check: &impl Fn(&[u8]) -> Verdict) -> Verdict {
    let start = Instant::now();
    let verdict = check(input);
    let took = start.elapsed();
    assert!(took < LONGEST, "{} bytes took {took:?}", input.len());
    verdict
}

/// The files of a target with their names, in the order of these.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let read = |folder: &Path| -> std::io::Result<Vec<(String, Vec<u8>)>> {
        let files = std::fs::read_dir(folder)?.map(|file| {
            let path = file?.path();
            Ok((path.display().to_string(), std::fs::read(&path)?))
        });
        files.collect()
    };
    let mut files = read(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files.sort();
    files
}
