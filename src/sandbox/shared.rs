//! What all parts of the running sandbox share: the world behind its lock, the journal behind it, the trouble, the log and the deliveries.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::{Notify, mpsc};

use super::Options;
use super::clock::When;
use super::delivery::DeliveryLog;
use super::events::Event;
use super::faults::Faults;
use super::journal::Journal;
use super::requests::RequestLog;
use super::seed;
use super::world::World;

pub struct Shared {
    pub options: Options,
    pub faults: Faults,
    pub requests: RequestLog,
    pub deliveries: DeliveryLog,
    /// Wakes whoever waits for the sandbox's clock when it is moved.
    pub clock_moved: Notify,
    agenda_changed: Notify,
    held: RwLock<Held>,
    events: mpsc::UnboundedSender<Event>,
    connections: Mutex<HashMap<u32, usize>>,
    /// Set for good once a change could not be kept.
    forgetful: AtomicBool,
}

struct Held {
    world: World,
    journal: Option<Journal>,
}

impl Shared {
    pub fn open(options: Options, events: mpsc::UnboundedSender<Event>) -> anyhow::Result<Shared> {
        let (mut world, mut journal) = match &options.state {
            None => (seed::fresh(options.seed), None),
            Some(path) => {
                let (journal, world) = Journal::open(path, options.seed)?;
                (world.unwrap_or_else(|| seed::fresh(options.seed)), Some(journal))
            }
        };
        if options.auto_approve {
            world.ground_mut().settings.auto_approve = true;
        }
        if let Some(journal) = &mut journal {
            journal.snapshot(&mut world)?;
        }
        Ok(Shared {
            faults: Faults::none(options.seed),
            requests: RequestLog::default(),
            deliveries: DeliveryLog::default(),
            clock_moved: Notify::new(),
            agenda_changed: Notify::new(),
            held: RwLock::new(Held { world, journal }),
            events,
            connections: Mutex::default(),
            forgetful: AtomicBool::new(false),
            options,
        })
    }

    /// Looks at the world as it is now: what was due has happened.
    pub fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        if held.world.next_due().is_none_or(|due| due > held.world.now()) {
            return look(&held.world);
        }
        drop(held);
        self.write(|world| look(world))
    }

    /// Changes the world. When this returns, the change is in the journal and on its way to the webhooks; if it cannot be kept, nobody is told
    /// of it, and the sandbox is forgetful from then on.
    pub fn write<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let Held { world, journal } = &mut *held;
        world.catch_up();
        let result = change(world);
        world.catch_up();
        self.agenda_changed.notify_one();
        match journal.as_mut().map(|journal| journal.append(&world.take_unsaved())) {
            None => world.drop_unsaved(),
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::error!(
                    "the sandbox could not keep a change and answers 500 to everything until it is started again: {error:#}"
                );
                self.forgetful.store(true, Ordering::SeqCst);
                // Another line behind the broken one would spoil what is kept.
                *journal = None;
            }
        }
        let events = world.take_events();
        if self.is_forgetful() {
            return result;
        }
        for event in events {
            // Nobody listens any more only while the sandbox stops.
            drop(self.events.send(event));
        }
        result
    }

    /// Whether a change was lost: what is in memory is then not what the next start will find.
    pub fn is_forgetful(&self) -> bool {
        self.forgetful.load(Ordering::SeqCst)
    }

    /// Starts over with a fresh world, or an empty one.
    pub fn reset(&self, empty: bool) -> anyhow::Result<()> {
        let seed = self.options.seed;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let Held { world, journal } = &mut *held;
        *world = if empty { World::empty(seed) } else { seed::fresh(seed) };
        world.ground_mut().settings.auto_approve = self.options.auto_approve;
        if let Some(journal) = journal {
            journal.snapshot(world)?;
        }
        world.drop_unsaved();
        self.faults.remove(None);
        self.requests.clear();
        self.deliveries.clear();
        Ok(())
    }

    /// Lets go of the state file; what happens to the world afterwards is lost.
    pub fn close(&self) {
        self.held.write().unwrap_or_else(PoisonError::into_inner).journal = None;
    }

    pub fn now(&self) -> When {
        self.read(World::now)
    }

    /// Waits until the sandbox's clock shows this time, however it is moved meanwhile.
    pub async fn wait_until(&self, when: When) {
        loop {
            let moved = self.clock_moved.notified();
            match self.read(|world| world.ground.clock.wait_until(when)) {
                Some(wait) if wait.is_zero() => return,
                Some(wait) => drop(tokio::time::timeout(wait, moved).await),
                None => moved.await,
            }
        }
    }

    /// Lets things happen when their time comes even if nobody asks, so that webhooks are told.
    pub async fn keep_up(&self) {
        loop {
            match self.read(World::next_due) {
                None => self.agenda_changed.notified().await,
                Some(due) => {
                    tokio::select! {
                        () = self.wait_until(due) => {}
                        () = self.agenda_changed.notified() => {}
                    }
                }
            }
        }
    }

    /// Takes one of the simultaneous connections a user has; nothing if all are busy.
    pub fn connect(self: &Arc<Shared>, login_id: u32, limit: usize) -> Option<Connection> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = connections.entry(login_id).or_default();
        if *busy >= limit {
            return None;
        }
        *busy += 1;
        Some(Connection {
            shared: Arc::clone(self),
            login_id,
        })
    }
}

/// One of a user's simultaneous connections, busy until the call is done, even if the caller has gone away.
pub struct Connection {
    shared: Arc<Shared>,
    login_id: u32,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut connections = self.shared.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(busy) = connections.get_mut(&self.login_id) {
            *busy = busy.saturating_sub(1);
        }
    }
}
