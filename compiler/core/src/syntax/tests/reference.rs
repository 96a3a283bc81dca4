//! The reference page says what the parser does.

use crate::syntax::lexer::TokenKind;

const PAGE: &str = include_str!("../../../../../docs/reference/grammar.md");

/// The words in backticks of the table of reserved words, with its rows' names.
fn reserved() -> Vec<(&'static str, Vec<&'static str>)> {
    let table = PAGE.split("### Reserved words").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    rows.map(|(name, words)| (name, words.split('`').skip(1).step_by(2).collect())).collect()
}

#[test]
fn the_page_lists_the_reserved_words() {
    let rows = reserved();
    assert_eq!(rows.len(), 7);
    for (row, words) in &rows {
        for word in words {
            let kind = TokenKind::of_word(word).unwrap();
            assert!(kind.is_reserved(), "`{word}` is not reserved");
            assert_eq!(
                kind == TokenKind::Action,
                matches!(*row, "actions" | "groups"),
                "`{word}` is in row {row}"
            );
        }
    }
    // No word of the lexer is missing: those are the lower-case words in its own source.
    let lexer = include_str!("../lexer.rs");
    let of_lexer = lexer.split("#[token(\"").skip(1).filter_map(|rest| rest.split('"').next());
    for word in of_lexer.filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase())) {
        assert!(rows.iter().any(|(_, words)| words.contains(&word)), "the page does not list `{word}`");
    }
}

#[test]
fn the_actions_are_those_of_the_schema() {
    let schema = include_str!("../../../../../runtime/policy/schema.toml");
    let mut of_schema = Vec::new();
    let mut table = "";
    for line in schema.lines() {
        if line.starts_with('[') {
            table = line;
        }
        let value = |key: &str| line.strip_prefix(key)?.trim().strip_prefix("= \"")?.strip_suffix('"');
        match table {
            "[[action]]" => of_schema.extend(value("name").or_else(|| value("group"))),
            "[[group]]" => of_schema.extend(value("name")),
            _ => {}
        }
    }
    let rows = reserved();
    let mut of_page: Vec<&str> = rows
        .into_iter()
        .filter(|(row, _)| matches!(*row, "actions" | "groups"))
        .flat_map(|(_, words)| words)
        .collect();
    for list in [&mut of_schema, &mut of_page] {
        list.sort_unstable();
        list.dedup();
    }
    assert_eq!(of_schema, of_page);
}

#[test]
fn the_names_of_the_schema_can_be_written() {
    let schema = include_str!("../../../../../runtime/policy/schema.toml");
    let lists = schema.lines().filter_map(|line| line.strip_prefix("values = {")?.strip_suffix('}'));
    let names: Vec<&str> = lists
        .flat_map(|list| list.split(','))
        .filter_map(|pair| Some(pair.split_once('=')?.0.trim()))
        .collect();
    assert!(names.len() > 400);
    let source = format!("let names = [{}]\n", names.join(", "));
    let parse = crate::syntax::parse(&source, crate::span::FileId(0));
    assert_eq!(parse.errors, []);
}
