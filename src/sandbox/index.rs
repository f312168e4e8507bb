//! Finds members by sixteen bytes that no two of them share. Only their slots are kept here: the bytes are the members' own, which spares
//! an audience of hundreds of thousands most of what a map would cost.

use hashbrown::HashTable;

use super::member::Member;

pub type Key = [u8; 16];

pub struct Index {
    slots: HashTable<u32>,
    key: fn(&Member) -> Key,
}

impl Index {
    pub fn by(key: fn(&Member) -> Key) -> Index {
        Index {
            slots: HashTable::new(),
            key,
        }
    }

    pub fn find(&self, members: &[Option<Member>], key: &Key) -> Option<u32> {
        let has_key = |slot: &u32| {
            let member = members.get(*slot as usize).and_then(Option::as_ref);
            member.is_some_and(|member| (self.key)(member) == *key)
        };
        self.slots.find(spread(key), has_key).copied()
    }

    /// Takes in a slot whose member is in its place already.
    pub fn insert(&mut self, members: &[Option<Member>], slot: u32) {
        let key = self.key;
        let hash = |slot: &u32| hash(members, *slot, key);
        self.slots.insert_unique(hash(&slot), slot, hash);
    }

    /// Lets go of a slot whose member is still in its place.
    pub fn remove(&mut self, members: &[Option<Member>], slot: u32) {
        let hash = hash(members, slot, self.key);
        if let Ok(entry) = self.slots.find_entry(hash, |known| *known == slot) {
            entry.remove();
        }
    }

    pub fn reserve(&mut self, members: &[Option<Member>], more: usize) {
        let key = self.key;
        self.slots.reserve(more, |slot| hash(members, *slot, key));
    }
}

fn hash(members: &[Option<Member>], slot: u32, key: fn(&Member) -> Key) -> u64 {
    let member = members.get(slot as usize).and_then(Option::as_ref);
    member.map_or(0, |member| spread(&key(member)))
}

/// The keys are digests: any eight of their bytes are as good as a hash of them.
fn spread(key: &Key) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *key;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}
