//! Generates the parser's tables from its grammar.

fn main() {
    if let Err(error) = lalrpop::Configuration::new().use_cargo_dir_conventions().process() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}
