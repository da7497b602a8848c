use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use fuzz::{Form, Target, Verdict};
use shared::salesforce::messaging::{MessagingError, News, Streamed, events};

use crate::entries::check_entry;

const TARGET: Target<'_> = Target {
    name: "event_stream",
    form: Form::Bytes,
    words: &[
        "data: ",
        "data:",
        "id: 7",
        "event: ping",
        "retry: 1",
        ": comment",
        "\n\n",
        "\r\r",
        "\r\n\r\n",
        "Jwt is expired",
    ],
    accepted_percent: 30,
};

#[test]
fn a_stream_is_read_the_same_however_it_is_cut() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let whole = read(vec![input]);
    assert!(whole == read(input.chunks(1).collect()), "cut into bytes");
    for seed in 1..5 {
        assert!(whole == read(cut(input, seed)), "cut into pieces, {seed}");
    }
    let (read, end) = &whole;
    for event in read {
        let is_sent_back =
            |id: &String| (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(event.id.as_ref().is_none_or(is_sent_back));
        if let Some((_, News::Entry(entry))) = &event.news {
            check_entry(entry);
        }
    }
    assert!(matches!(
        end,
        None | Some(MessagingError::UnknownOutcome("the stream broke") | MessagingError::TokenRejected)
    ));
    Verdict::accepted_if(read.iter().any(|event| event.news.is_some()))
}

/// What is read of these pieces, up to the first error, and that.
fn read(pieces: Vec<&[u8]>) -> (Vec<Streamed>, Option<MessagingError>) {
    let pieces = pieces.into_iter().map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)));
    let all = events(stream::iter(pieces)).collect::<Vec<_>>().now_or_never().unwrap();
    let mut read = Vec::new();
    for event in all {
        match event {
            Ok(event) => read.push(event),
            Err(error) => return (read, Some(error)),
        }
    }
    (read, None)
}

fn cut(mut input: &[u8], seed: usize) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut state = seed;
    while !input.is_empty() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (piece, rest) = input.split_at(((state >> 33) % (7 * seed) + 1).min(input.len()));
        pieces.push(piece);
        input = rest;
    }
    pieces
}
