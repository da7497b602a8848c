use fuzz::{Form, Target, Verdict};
use shared::conversation_token::ConversationTokens;
use shared::digest::sha256_hex;
use uuid::Uuid;

const KEY: &str = "signing-key-of-the-fuzz-target";
const TARGET: Target<'_> =
    Target { name: "tokens", form: Form::Bytes, words: &["=", "-", "_", "+", "/", "A", "\n"], accepted_percent: 2 };

#[test]
fn one_token_opens_a_conversation_and_no_other_bytes_do() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(input);
    let (tokens, others) = (signing(KEY), signing("another key"));
    for id in [Uuid::nil(), Uuid::max()] {
        assert_eq!(tokens.opens(&text, id), text == tokens.sign(id), "{text}");
        assert_eq!(others.opens(&text, id), text == others.sign(id), "{text}");
    }
    let own = tokens.sign(Uuid::nil());
    assert_eq!(sha256_hex(&*text) == sha256_hex(&own), text == own);
    Verdict::accepted_if(text == own)
}

fn signing(key: &str) -> ConversationTokens {
    ConversationTokens::new(key.to_owned().into())
}
