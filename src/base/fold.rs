//! Words as the search compares them: lower case, without accents ("Lévesque" is found by "levesque").

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Folds `text` for comparison; letters, digits and spaces stay recognizable, accents go and ligatures are spelled out.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
    {
        match c {
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            'ß' => folded.push_str("ss"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            other => folded.push(other),
        }
    }
    folded
}
