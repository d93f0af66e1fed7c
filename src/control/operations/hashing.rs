//! Hashing of new passwords: no more at once than there are cores, and no more waiting than a few.

use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};

use tokio::sync::Semaphore;

use super::secrets::NoSecret;
use super::sessions::Busy;
use crate::credential::{PasswordHash, PlainPassword};

/// What more wait is refused.
const QUEUE: usize = 64;

static HASHING: LazyLock<Hashing> =
    LazyLock::new(|| Hashing::new(std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN), QUEUE));

/// So many at once, and so many who wait.
struct Hashing {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// Hashes a password, when it is its turn, and gives it back.
pub(super) async fn hashed(password: PlainPassword) -> Result<(PasswordHash, PlainPassword), NoSecret> {
    let (hash, password) = HASHING.run(move || (PasswordHash::of(&password), password)).await?;
    Ok((hash.map_err(|_| NoSecret::Machine)?, password))
}

impl Hashing {
    fn new(at_once: NonZeroUsize, queue: usize) -> Self {
        let places = Arc::new(Semaphore::new(at_once.get() + queue));
        Self { places, turns: Arc::new(Semaphore::new(at_once.get())) }
    }

    /// Whoever does not wait for the end any more keeps their turn until then: memory is not free earlier.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NoSecret> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Busy)?;
        let working = tokio::task::spawn_blocking(move || {
            let _until_the_end = (place, turn);
            work()
        });
        working.await.map_err(|_| NoSecret::Machine)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn of_four_hundred_passwords_no_more_are_hashed_at_once_than_there_are_cores() {
        let hashing = Hashing::new(NonZeroUsize::new(2).unwrap(), 64);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let one = || {
            let (running, most) = (running.clone(), most.clone());
            hashing.run(move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(2));
                running.fetch_sub(1, Ordering::SeqCst);
            })
        };
        let outcomes = futures_util::future::join_all((0..400).map(|_| one())).await;
        let busy = outcomes.iter().filter(|outcome| matches!(outcome, Err(NoSecret::Busy(Busy)))).count();
        let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!((busy, done), (400 - 66, 66));
        assert_eq!(most.load(Ordering::SeqCst), 2);
        assert!(one().await.is_ok(), "there is room again");
    }

    #[tokio::test]
    async fn whoever_goes_away_keeps_their_turn_until_the_hash_is_done() {
        let hashing = Hashing::new(NonZeroUsize::MIN, 0);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let gone = tokio::time::timeout(Duration::from_millis(20), hashing.run(move || held.recv())).await;
        assert!(gone.is_err());
        assert!(matches!(hashing.run(|| ()).await, Err(NoSecret::Busy(Busy))));
        release.send(()).unwrap();
        while hashing.run(|| ()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
