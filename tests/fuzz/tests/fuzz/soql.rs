use fuzz::{Form, Target, Verdict};
use shared::salesforce::soql_literal;

const TARGET: Target<'_> = Target {
    name: "soql",
    form: Form::Bytes,
    words: &["'", "\\'", "\\\\'", "' OR Id != null OR Name = '", "\\n", "\\u0027", "%", "_"],
    accepted_percent: 80,
};

#[test]
fn a_literal_ends_where_it_should_and_says_what_was_said() {
    TARGET.play(check);
}

fn check(input: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(input);
    assert_eq!(unquoted(&soql_literal(&text)).as_deref(), Some(&*text));
    Verdict::accepted_if(!input.is_empty())
}

/// What a literal says, as Salesforce's documentation has it; `None` if it ends too early, or never.
fn unquoted(literal: &str) -> Option<String> {
    let mut characters = literal.chars();
    characters.next().filter(|first| *first == '\'')?;
    let mut text = String::new();
    loop {
        match characters.next()? {
            '\'' => return characters.next().is_none().then_some(text),
            '\\' => text.push(match characters.next()? {
                'n' => '\n',
                'r' => '\r',
                character @ ('\\' | '\'') => character,
                _ => return None,
            }),
            character => text.push(character),
        }
    }
}
