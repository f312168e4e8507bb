//! Where a private Postgres lives and as whom it runs. What Postgres writes (`data`, `socket`) belongs to the account
//! it runs as; what we write beside it (locks, settings, log) belongs to us, so that neither can lead the other astray.
use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::{Durability, PORT, PrivatePostgresError};

/// A Unix socket's path must fit into `sockaddr_un`: 108 bytes with the closing zero on Linux, 104 on macOS.
const SOCKET_PATH_BYTES_MAX: usize = if cfg!(target_os = "linux") { 107 } else { 103 };
/// Whom root runs Postgres as, first choice first.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];
/// Owned by the account that runs Postgres, and closed to everybody else.
const CLOSED: u32 = 0o700;
/// Root's folder around it: the account must pass through, nobody may look.
const PASSABLE: u32 = 0o711;

type Result<T> = std::result::Result<T, PrivatePostgresError>;

/// Another account than ours.
#[derive(Clone, Copy, Debug)]
struct Account {
    uid: u32,
    gid: u32,
}

/// The folders of one private Postgres.
#[derive(Debug)]
pub struct Place {
    /// Around everything: data, socket, locks, settings, log.
    pub home: PathBuf,
    /// Only the account and root may enter: being able to connect is the permission.
    pub socket_folder: PathBuf,
    /// Set when we are root: Postgres refuses to be.
    account: Option<Account>,
}

impl Place {
    /// Uses the wanted folder, unless Postgres' account cannot get there (a checkout below `/root`): then one below
    /// `/var`. A path too long for a socket moves only the socket.
    pub fn prepare(wanted: &Path, durability: Durability) -> Result<Self> {
        let wanted = std::path::absolute(wanted).map_err(failed("find", wanted))?;
        let account = if our_uid()? == 0 {
            Some(Account::for_data(&wanted.join("data"))?)
        } else {
            None
        };
        let mut home = wanted.clone();
        fs::create_dir_all(&home).map_err(failed("make the folder", &home))?;
        set_mode(&home, if account.is_some() { PASSABLE } else { CLOSED })?;
        if let Some(account) = account
            && !account.reaches(&home)
        {
            home = elsewhere(&wanted, lasting_as(durability))?;
            set_mode(&home, PASSABLE)?;
            tracing::warn!(
                wanted = %wanted.display(),
                used = %home.display(),
                "Postgres' user cannot reach the wanted folder; its data is kept elsewhere"
            );
        }
        let home = home.canonicalize().map_err(failed("find", &home))?;
        let mut place = Self {
            socket_folder: home.join("socket"),
            home,
            account,
        };
        if place.socket_folder.join(format!(".s.PGSQL.{PORT}")).as_os_str().len() > SOCKET_PATH_BYTES_MAX {
            place.socket_folder = elsewhere(&place.socket_folder, Path::new("/var/tmp"))?.join("socket");
            if let (Some(_), Some(around)) = (account, place.socket_folder.parent()) {
                set_mode(around, PASSABLE)?;
            }
            tracing::info!(
                socket = %place.socket_folder.display(),
                "the wanted folder's path is too long for a socket, which is kept elsewhere"
            );
        }
        place.make_folder_for_postgres(&place.socket_folder)?;
        Ok(place)
    }

    /// Postgres' own data directory; absent until it is made.
    pub fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    /// What Postgres said since it was last started.
    pub fn log_path(&self) -> PathBuf {
        self.home.join("log")
    }

    /// The last lines of the log.
    pub fn log_tail(&self, lines: usize) -> String {
        let log = fs::read_to_string(self.log_path()).unwrap_or_default();
        let all: Vec<&str> = log.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }

    /// The log emptied, for both of Postgres' outputs.
    pub fn new_log(&self) -> Result<(File, File)> {
        let path = self.log_path();
        let log = File::create(&path).map_err(failed("write", &path))?;
        Ok((log.try_clone().map_err(failed("write", &path))?, log))
    }

    /// One process at a time starts or stops Postgres here. Waits for its turn; unlocked when the file is dropped.
    pub fn lock_starting(&self) -> Result<File> {
        let path = self.home.join("starting.lock");
        let lock = File::create(&path).map_err(failed("write", &path))?;
        lock.lock().map_err(failed("lock", &path))?;
        Ok(lock)
    }

    /// Locked by every process that uses this Postgres.
    pub fn in_use_path(&self) -> PathBuf {
        self.home.join("in-use.lock")
    }

    /// Locks shared; waits for one that is just stopping Postgres.
    pub fn lock_in_use(&self) -> Result<File> {
        let path = self.in_use_path();
        let lock = File::create(&path).map_err(failed("write", &path))?;
        set_mode(&path, 0o644)?; // so that Postgres' account can wait for it
        lock.lock_shared().map_err(failed("lock", &path))?;
        Ok(lock)
    }

    /// Writes a file of ours that Postgres may read.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.home.join(name);
        fs::write(&path, text).map_err(failed("write", &path))?;
        set_mode(&path, 0o644)
    }

    /// An empty folder for `initdb`, whatever an interrupted one left there.
    pub fn new_data_folder(&self) -> Result<PathBuf> {
        let unfinished = self.home.join("data.unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(failed("remove", &unfinished))?;
        }
        self.make_folder_for_postgres(&unfinished)?;
        Ok(unfinished)
    }

    /// Adds our settings, which lie outside because we write them, and gives the finished folder its name.
    pub fn finish_data_folder(&self, unfinished: &Path) -> Result<()> {
        let settings = unfinished.join("postgresql.conf");
        let theirs = fs::read_to_string(&settings).map_err(failed("read", &settings))?;
        fs::write(&settings, theirs + "\ninclude '../settings.conf'\n").map_err(failed("write", &settings))?;
        fs::rename(unfinished, self.data()).map_err(failed("rename", unfinished))
    }

    /// Is a postmaster at work on our data? Removes what a killed one left when its number has since gone to another
    /// process, for Postgres would then refuse to start; any other leftover it clears itself.
    pub fn postmaster_runs(&self) -> bool {
        let pid_file = self.data().join("postmaster.pid");
        let Some(pid) = fs::read_to_string(&pid_file)
            .ok()
            .and_then(|text| text.lines().next()?.parse::<u32>().ok())
        else {
            return false;
        };
        let process = PathBuf::from(format!("/proc/{pid}"));
        if !process.exists() {
            return false;
        }
        let works_here = fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == self.data());
        if !works_here {
            let socket_lock = self.socket_folder.join(format!(".s.PGSQL.{PORT}.lock"));
            for stale in [pid_file, socket_lock] {
                if let Err(error) = fs::remove_file(&stale)
                    && error.kind() != io::ErrorKind::NotFound
                {
                    tracing::warn!(%error, file = %stale.display(), "cannot remove what a killed Postgres left");
                }
            }
        }
        works_here
    }

    /// A program run as Postgres' account, inside our folder, speaking plain English.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.home).env("LC_ALL", "C.UTF-8");
        if let Some(account) = self.account {
            account.runs(&mut command);
        }
        command
    }

    fn make_folder_for_postgres(&self, path: &Path) -> Result<()> {
        match DirBuilder::new().mode(CLOSED).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(failed("make the folder", path)(error));
            }
            _ => {}
        }
        if let Some(Account { uid, gid }) = self.account {
            chown(path, Some(uid), Some(gid)).map_err(failed("give to Postgres' user", path))?;
        }
        set_mode(path, CLOSED)
    }
}

impl Account {
    /// Whoever owns the data, so that a folder made by an ordinary user works for root too; else the first choice that
    /// exists.
    fn for_data(data: &Path) -> Result<Self> {
        match fs::metadata(data) {
            Ok(made) if made.uid() != 0 => Ok(Self {
                uid: made.uid(),
                gid: made.gid(),
            }),
            _ => UNPRIVILEGED
                .iter()
                .find_map(|name| Self::named(name))
                .ok_or(PrivatePostgresError::NobodyToRunAs),
        }
    }

    fn named(name: &str) -> Option<Self> {
        Some(Self {
            uid: id(&["-u", name])?,
            gid: id(&["-g", name])?,
        })
    }

    /// The standard library drops root's supplementary groups together with the uid.
    fn runs(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Tried rather than computed: access lists and mounts have their say, too.
    fn reaches(self, folder: &Path) -> bool {
        let mut nothing = Command::new("true");
        self.runs(nothing.current_dir(folder));
        nothing.status().is_ok_and(|status| status.success())
    }
}

fn our_uid() -> Result<u32> {
    id(&["-u"]).ok_or_else(|| PrivatePostgresError::Program {
        program: "id",
        said: "it does not tell who we are".to_owned(),
    })
}

fn id(arguments: &[&str]) -> Option<u32> {
    let said = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(said.stdout).ok()?.trim().parse().ok()
}

/// Debian empties `/var/tmp` of what was not touched for a month; only root ever needs the other one, and root may
/// write there.
fn lasting_as(durability: Durability) -> &'static Path {
    Path::new(match durability {
        Durability::Safe => "/var/lib",
        Durability::Throwaway => "/var/tmp",
    })
}

/// A folder of ours in a place where others may have been first: made by us or refused, a link is never followed.
fn elsewhere(wanted: &Path, below: &Path) -> Result<PathBuf> {
    let uid = our_uid()?;
    let hash = hex::encode(Sha256::digest(wanted.as_os_str().as_bytes()));
    let folder = below.join(format!("dms-{uid}-{}", &hash[..16]));
    match DirBuilder::new().mode(CLOSED).create(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(failed("make the folder", &folder)(error));
        }
        _ => {}
    }
    let found = fs::symlink_metadata(&folder).map_err(failed("look at", &folder))?;
    if found.is_dir() && found.uid() == uid {
        Ok(folder)
    } else {
        Err(PrivatePostgresError::NotOurs(folder))
    }
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(failed("set the permissions of", path))
}

/// Turns the refusal of a file system into a sentence.
pub fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PrivatePostgresError {
    let path = path.to_owned();
    move |source| PrivatePostgresError::Files { doing, path, source }
}
