//! "Did you mean": the nearest of some words.

/// Longest word that is compared; longer ones are no typing mistakes.
const MAX_LENGTH: usize = 64;

/// The word nearest to `wrong`, if it is near enough to be a typing mistake: at most one edit for each three letters.
/// Of equally near words the first in alphabetical order.
pub fn nearest<'w>(wrong: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    nearest_of(wrong, &mut words.into_iter())
}

fn nearest_of<'w>(wrong: &str, words: &mut dyn Iterator<Item = &'w str>) -> Option<&'w str> {
    if wrong.len() > MAX_LENGTH {
        return None;
    }
    let limit = wrong.chars().count().div_ceil(3);
    words
        .filter(|word| word.len() <= MAX_LENGTH && *word != wrong)
        .map(|word| (distance(wrong, word), word))
        .filter(|(d, word)| *d <= limit && *d < word.chars().count())
        .min()
        .map(|(_, word)| word)
}

/// Edits (insert, delete, replace, swap neighbours) from one word to the other, whatever the case of ASCII letters.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.to_ascii_lowercase().chars().collect(), b.to_ascii_lowercase().chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replace = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            next[j] = replace.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn typing_mistakes_are_found() {
        let words = ["process.exe", "process.uid", "pod.name"];
        assert_eq!(nearest("proces.exe", words), Some("process.exe"));
        assert_eq!(nearest("process.udi", words), Some("process.uid"));
        assert_eq!(nearest("Pod.Name", words), Some("pod.name"));
    }

    #[test]
    fn other_words_are_not_offered() {
        assert_eq!(nearest("banana", ["read", "write"]), None);
        assert_eq!(nearest("ab", ["cd", "x"]), None);
        assert_eq!(nearest("", ["read"]), None);
    }
}
