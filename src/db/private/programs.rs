//! Where Postgres' server programs are: distributions keep them off the PATH, and several versions may be installed.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::PrivatePostgresError;

/// The oldest major version whose SQL we use: migrations and queries are written for it.
const VERSION_MIN: u32 = 14;
/// Debian and Ubuntu keep each version in `<here>/<version>/bin`.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The programs we run; a folder without one of them is only a client's.
const NEEDED: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// One installed version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    version: u32,
    folder: PathBuf,
}

impl Programs {
    /// The version that made this data, or for new data the newest installed.
    pub fn find(data: &Path) -> Result<Self, PrivatePostgresError> {
        let mut installed: Vec<Self> = folders().into_iter().filter_map(Self::in_folder).collect();
        installed.sort_by_key(|programs| programs.version);
        match version_of(data) {
            Some(made_by) => installed
                .into_iter()
                .find(|programs| programs.version == made_by)
                .ok_or_else(|| PrivatePostgresError::VersionGone {
                    data: data.to_owned(),
                    made_by,
                }),
            None => installed
                .pop()
                .filter(|newest| newest.version >= VERSION_MIN)
                .ok_or(PrivatePostgresError::NotInstalled),
        }
    }

    /// The full path of one program.
    pub fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }

    fn in_folder(folder: PathBuf) -> Option<Self> {
        if !NEEDED.iter().all(|program| folder.join(program).is_file()) {
            return None;
        }
        let said = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
        let version = major_version(&String::from_utf8_lossy(&said.stdout))?;
        Some(Self { version, folder })
    }
}

fn folders() -> Vec<PathBuf> {
    let on_path = env::var_os("PATH")
        .map(|path| env::split_paths(&path).collect::<Vec<_>>())
        .unwrap_or_default();
    let told = Command::new("pg_config").arg("--bindir").output().ok();
    let told = told.map(|said| PathBuf::from(String::from_utf8_lossy(&said.stdout).trim().to_owned()));
    let debian = fs::read_dir(DEBIAN)
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"));
    on_path.into_iter().chain(told).chain(debian).collect()
}

/// "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" is 15; "17beta1" is 17.
fn major_version(said: &str) -> Option<u32> {
    let version = said
        .split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    let digits = version
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(version.len());
    version[..digits].parse().ok()
}

fn version_of(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("PG_VERSION")).ok()?.trim().parse().ok()
}
