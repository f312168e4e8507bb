//! Keeps the sandbox's state in a file that survives a kill: one line per change, holding whole records, and a fresh snapshot at every start.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use super::audience::{Audience, Head};
use super::batch::Batch;
use super::campaign::{self, Campaign, Recipient};
use super::member::Member;
use super::world::{Ground, World};

/// One thing as it is from now on.
#[derive(Serialize, Deserialize)]
pub enum Record {
    Ground(Box<Ground>),
    Audience(Box<Head>),
    /// An absent member was erased.
    Member {
        list: String,
        slot: u32,
        member: Option<Box<Member>>,
    },
    Campaign(Box<campaign::Head>),
    Recipient {
        campaign: String,
        place: u32,
        recipient: Box<Recipient>,
    },
    Batch(Box<Batch>),
}

/// Members of a snapshot that share a line.
const MEMBERS_PER_LINE: usize = 1000;

pub struct Journal {
    path: PathBuf,
    file: File,
    /// Held as long as the sandbox runs, so that two never write the same file.
    _lock: File,
}

impl Journal {
    /// Opens a state file and reads what it holds: nothing, if it is new.
    pub fn open(path: &Path, seed: u64) -> anyhow::Result<(Journal, Option<World>)> {
        let lock_path = path.with_extension("lock");
        let lock = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&lock_path)
            .with_context(|| format!("cannot open {}", lock_path.display()))?;
        if lock.try_lock().is_err() {
            bail!("another sandbox is using {}", path.display());
        }
        let world = if path.exists() { Some(read(path, seed)?) } else { None };
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        Ok((
            Journal {
                path: path.to_owned(),
                file,
                _lock: lock,
            },
            world,
        ))
    }

    /// Adds a line. It is whole or, after a kill in the middle, ignored by the next start.
    pub fn append(&mut self, records: &[Record]) -> anyhow::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let mut line = serde_json::to_vec(records)?;
        line.push(b'\n');
        self.file.write_all(&line).context("cannot write the state file")
    }

    /// Replaces the file by the present state, in one step.
    pub fn snapshot(&mut self, world: &mut World) -> anyhow::Result<()> {
        let fresh = self.path.with_extension("new");
        let mut out =
            BufWriter::new(File::create(&fresh).with_context(|| format!("cannot write {}", fresh.display()))?);
        write_line(&mut out, &[Record::Ground(Box::new(world.ground.clone()))])?;
        for audience in &world.audiences {
            write_line(&mut out, &[Record::Audience(Box::new(audience.head.clone()))])?;
            let members: Vec<_> = audience.members().collect();
            for members in members.chunks(MEMBERS_PER_LINE) {
                let record = |(slot, member): &(u32, &Member)| Record::Member {
                    list: audience.head.id.clone(),
                    slot: *slot,
                    member: Some(Box::new((*member).clone())),
                };
                write_line(&mut out, &members.iter().map(record).collect::<Vec<_>>())?;
            }
        }
        for campaign in &world.campaigns {
            write_line(&mut out, &[Record::Campaign(Box::new(campaign.head.clone()))])?;
            let recipients: Vec<_> = (0..).zip(campaign.recipients()).collect();
            for recipients in recipients.chunks(MEMBERS_PER_LINE) {
                let record = |(place, recipient): &(u32, &Recipient)| Record::Recipient {
                    campaign: campaign.head.id.clone(),
                    place: *place,
                    recipient: Box::new((*recipient).clone()),
                };
                write_line(&mut out, &recipients.iter().map(record).collect::<Vec<_>>())?;
            }
        }
        for batch in &world.batches {
            write_line(&mut out, &[Record::Batch(Box::new(batch.clone()))])?;
        }
        out.into_inner()
            .map_err(std::io::IntoInnerError::into_error)?
            .sync_all()?;
        fs::rename(&fresh, &self.path)?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        world.drop_unsaved();
        Ok(())
    }
}

fn write_line(out: &mut impl Write, records: &[Record]) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, records)?;
    out.write_all(b"\n")?;
    Ok(())
}

fn read(path: &Path, seed: u64) -> anyhow::Result<World> {
    let mut world = World::empty(seed);
    let mut lines = BufReader::new(File::open(path).with_context(|| format!("cannot read {}", path.display()))?);
    let mut line = Vec::new();
    let mut number = 0;
    while lines.read_until(b'\n', &mut line)? > 0 {
        number += 1;
        if line.last() != Some(&b'\n') {
            // The kill came in the middle of this line: its change was never answered for.
            break;
        }
        let records: Vec<Record> = serde_json::from_slice(&line)
            .with_context(|| format!("line {number} of {} is not a state of the sandbox", path.display()))?;
        for record in records {
            apply(&mut world, record);
        }
        line.clear();
    }
    Ok(world)
}

fn apply(world: &mut World, record: Record) {
    match record {
        Record::Ground(ground) => world.ground = *ground,
        Record::Audience(head) => match world.audiences.iter_mut().find(|audience| audience.head.id == head.id) {
            Some(audience) => audience.head = *head,
            None => world.audiences.push(Audience::new(*head)),
        },
        Record::Member { list, slot, member } => {
            if let Some(audience) = world.audiences.iter_mut().find(|audience| audience.head.id == list) {
                audience.put(slot, member.map(|member| *member));
            }
        }
        Record::Campaign(head) => match world.campaigns.iter_mut().find(|campaign| campaign.head.id == head.id) {
            Some(campaign) => campaign.head = *head,
            None => world.campaigns.push(Campaign::new(*head)),
        },
        Record::Recipient {
            campaign,
            place,
            recipient,
        } => {
            if let Some(campaign) = world.campaigns.iter_mut().find(|known| known.head.id == campaign) {
                campaign.put(place, *recipient);
            }
        }
        Record::Batch(batch) => match world.batches.iter_mut().find(|known| known.id == batch.id) {
            Some(known) => *known = *batch,
            None => world.batches.push(*batch),
        },
    }
}
