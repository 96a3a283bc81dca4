//! What an editor knows of a text's colours, so that it is told only what has changed.

use gen_lsp_types as lsp;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The tokens that editors were told last, by file.
#[derive(Debug, Default)]
pub(super) struct Colours {
    told: BTreeMap<PathBuf, (u64, Vec<u32>)>,
    count: u64,
}

impl Colours {
    /// All tokens of a file, under a new name.
    pub(super) fn whole(&mut self, path: PathBuf, mut tokens: lsp::SemanticTokens) -> lsp::SemanticTokens {
        tokens.result_id = Some(self.keep(path, numbers(&tokens)));
        tokens
    }

    /// What has changed since the answer of that name; all tokens where nobody remembers it.
    pub(super) fn change(
        &mut self,
        path: PathBuf,
        previous: &str,
        tokens: lsp::SemanticTokens,
    ) -> lsp::SemanticTokensDeltaResponse {
        let known = self.told.get(&path).filter(|(name, _)| name.to_string() == previous);
        let Some(old) = known.map(|(_, old)| old) else {
            return lsp::SemanticTokensDeltaResponse::SemanticTokens(self.whole(path, tokens));
        };
        let new = numbers(&tokens);
        let edits = edit(old, &new).into_iter().collect();
        let result_id = Some(self.keep(path, new));
        lsp::SemanticTokensDeltaResponse::SemanticTokensDelta(lsp::SemanticTokensDelta { result_id, edits })
    }

    /// The file is closed.
    pub(super) fn forget(&mut self, path: &std::path::Path) {
        self.told.remove(path);
    }

    fn keep(&mut self, path: PathBuf, numbers: Vec<u32>) -> String {
        self.count += 1;
        self.told.insert(path, (self.count, numbers));
        self.count.to_string()
    }
}

fn numbers(tokens: &lsp::SemanticTokens) -> Vec<u32> {
    let five = |t: &lsp::SemanticToken| {
        [t.delta_line, t.delta_start, t.length, t.token_type, t.token_modifiers_bitset]
    };
    tokens.data.iter().flat_map(five).collect()
}

/// The numbers between the common beginning and the common end.
fn edit(old: &[u32], new: &[u32]) -> Option<lsp::SemanticTokensEdit> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let end = old[start..].iter().rev().zip(new[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (gone, come) = (&old[start..old.len() - end], &new[start..new.len() - end]);
    (!gone.is_empty() || !come.is_empty()).then(|| lsp::SemanticTokensEdit {
        start: start as u32,
        delete_count: gone.len() as u32,
        data: (!come.is_empty()).then(|| come.to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_makes_the_new_numbers_of_the_old_ones() {
        let cases: [(&[u32], &[u32]); 6] = [
            (&[1, 2, 3], &[1, 2, 3]),
            (&[1, 2, 3], &[1, 9, 3]),
            (&[], &[4, 4]),
            (&[4, 4], &[]),
            (&[1, 1, 1], &[1, 1]),
            (&[7, 1, 2, 1, 2, 8], &[7, 1, 2, 8]),
        ];
        for (old, new) in cases {
            let mut made = old.to_vec();
            if let Some(edit) = edit(old, new) {
                let start = edit.start as usize;
                made.splice(start..start + edit.delete_count as usize, edit.data.unwrap_or_default());
            }
            assert_eq!(made, new);
        }
    }
}
