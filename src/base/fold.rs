//! Words as the search compares them: lower case, without accents ("Lévesque" is found by "levesque").

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Folds `text` for comparison; letters, digits and spaces stay recognizable, accents go.
pub fn fold(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}
