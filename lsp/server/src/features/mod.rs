//! What an editor can ask: each answer is that of one feature of `warmor-ide`, in the protocol's words.

mod display;
mod editing;
mod navigation;

pub use display::{LEGEND_MODIFIERS, folds, hints, legend, lenses, selections, tokens, tokens_in};
pub use editing::{
    actions, complete, format, format_closed, format_range, prepare_rename, rename, signature,
};
pub use navigation::{definition, highlight, hover, links, references, search, symbols, type_definition};
