//! How those whom a list of a group's contacts shows stand in the group: in it, in whichever way, or no longer.

/// Which of a group's contacts are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Belongs {
    /// Whoever is in it now.
    #[default]
    Now,
    /// By somebody's word, or a file's.
    Added,
    /// Because the group's search finds them.
    Smart,
    /// Past members, whom no search brings in again.
    Removed,
}

impl Belongs {
    /// In the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Now, Self::Added, Self::Smart, Self::Removed];

    /// The word in addresses and forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Added => "added",
            Self::Smart => "smart",
            Self::Removed => "removed",
        }
    }

    /// The words people see.
    pub fn label(self) -> &'static str {
        match self {
            Self::Now => "Everybody in it",
            Self::Added => "Added by hand or by a file",
            Self::Smart => "Found by its search",
            Self::Removed => "Past members",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == word)
    }

    /// What must be true of the status of their row.
    pub(super) fn status(self) -> &'static str {
        match self {
            Self::Now => "status <> 'Removed'",
            Self::Added => "status = 'Added'",
            Self::Smart => "status = 'Smart'",
            Self::Removed => "status = 'Removed'",
        }
    }
}
