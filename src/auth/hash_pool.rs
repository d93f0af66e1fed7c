//! Slow password hashes on threads of their own: a fixed number at a time, a bounded queue, reused memory.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::credential::{HashMemory, PasswordHash, PasswordHashError, PlainPassword};
use crate::runtime::{LowPriority, lower_priority};

#[derive(Debug, Clone, Copy)]
pub struct HashPoolSize {
    /// Hashes computed at the same time; each takes a core and 19 MiB (default parameters).
    pub threads: NonZeroUsize,
    /// Passwords that wait for a thread. With a full queue, further ones are refused.
    pub queue: usize,
}

/// Threads that verify and hash passwords. They end when the pool is dropped.
///
/// A caller that stops waiting leaves its job in the queue; the thread then skips it.
pub struct HashPool {
    jobs: SyncSender<Job>,
    waiting: Arc<AtomicUsize>,
}

/// The queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be hashed; try again in a moment")]
pub struct HashQueueFull;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    #[error(transparent)]
    QueueFull(#[from] HashQueueFull),
    #[error(transparent)]
    Failed(#[from] PasswordHashError),
}

type Hashed = Result<(PasswordHash, PlainPassword), PasswordHashError>;

enum Job {
    Verify { hash: PasswordHash, password: PlainPassword, reply: oneshot::Sender<bool> },
    Hash { password: PlainPassword, reply: oneshot::Sender<Hashed> },
    Rehash { password: PlainPassword, done: Box<dyn FnOnce(PasswordHash) + Send> },
}

impl HashPool {
    /// Starts the threads. They call `observe` with the duration of every hash.
    ///
    /// # Errors
    /// A thread cannot be spawned.
    pub fn start(size: HashPoolSize, observe: impl Fn(Duration) + Clone + Send + 'static) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(size.queue.max(1));
        let queue = Arc::new(Mutex::new(queue));
        let waiting = Arc::new(AtomicUsize::new(0));
        for number in 0..size.threads.get() {
            let (queue, waiting, observe) = (queue.clone(), waiting.clone(), observe.clone());
            std::thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || work(&queue, &waiting, observe))?;
        }
        Ok(Self { jobs, waiting })
    }

    /// Passwords that wait for a thread.
    pub fn depth(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Returns whether the password matches the hash.
    ///
    /// # Errors
    /// [`HashQueueFull`].
    pub async fn verify(&self, hash: PasswordHash, password: PlainPassword) -> Result<bool, HashQueueFull> {
        let (reply, verdict) = oneshot::channel();
        self.enqueue(Job::Verify { hash, password, reply })?;
        verdict.await.map_err(|_| HashQueueFull)
    }

    /// Hashes a new password (argon2id, default parameters) and returns the password with its hash.
    ///
    /// # Errors
    /// [`HashError::QueueFull`], or [`HashError::Failed`] without memory or randomness.
    pub async fn hash(&self, password: PlainPassword) -> Result<(PasswordHash, PlainPassword), HashError> {
        let (reply, hashed) = oneshot::channel();
        self.enqueue(Job::Hash { password, reply })?;
        Ok(hashed.await.map_err(|_| HashQueueFull)??)
    }

    /// Replaces the hash of a password in the background. With a full queue, or without memory or randomness, the old
    /// hash stays, and the next sign-in tries again.
    pub fn rehash(&self, password: PlainPassword, done: impl FnOnce(PasswordHash) + Send + 'static) {
        let _old_hash_stays = self.enqueue(Job::Rehash { password, done: Box::new(done) });
    }

    fn enqueue(&self, job: Job) -> Result<(), HashQueueFull> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.jobs.try_send(job).map_err(|_| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            HashQueueFull
        })
    }
}

impl Job {
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Verify { reply, .. } => reply.is_closed(),
            Self::Hash { reply, .. } => reply.is_closed(),
            Self::Rehash { .. } => false,
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>, waiting: &AtomicUsize, observe: impl Fn(Duration)) {
    let mut memory = HashMemory::default();
    lower_priority(LowPriority::Background);
    loop {
        // A panic while the lock is held cannot leave the receiver in a broken state.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        waiting.fetch_sub(1, Ordering::Relaxed);
        if job.is_abandoned() {
            continue;
        }
        let start = Instant::now();
        // A failed send means that the caller no longer waits.
        match job {
            Job::Verify { hash, password, reply } => {
                let is_match = hash.verify(password.reveal(), &mut memory);
                observe(start.elapsed());
                let _abandoned = reply.send(is_match);
            }
            Job::Hash { password, reply } => {
                let hash = PasswordHash::of(&password);
                observe(start.elapsed());
                let _abandoned = reply.send(hash.map(|hash| (hash, password)));
            }
            Job::Rehash { password, done } => {
                let hash = PasswordHash::of(&password);
                observe(start.elapsed());
                let _old_hash_stays = hash.map(done);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    fn pool(threads: usize, queue: usize) -> HashPool {
        let threads = NonZeroUsize::new(threads).unwrap();
        HashPool::start(HashPoolSize { threads, queue }, |_| {}).unwrap()
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let pool = pool(1, 4);
        let hash: PasswordHash = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=".parse().unwrap();
        let verdict = |password: &'static [u8]| pool.verify(hash.clone(), PlainPassword::new(password));
        assert_eq!(verdict(b"correct horse").await, Ok(true));
        assert_eq!(verdict(b"wrong").await, Ok(false));
        assert_eq!(pool.depth(), 0);
    }

    #[tokio::test]
    async fn a_full_queue_refuses_instead_of_growing() {
        let pool = Arc::new(pool(1, 1));
        let flood: Vec<_> = (0..20)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move { pool.verify(PasswordHash::dummy(), PlainPassword::new(b"x")).await })
            })
            .collect();
        let mut refused = 0;
        for verdict in flood {
            match verdict.await.unwrap() {
                Ok(right) => assert!(!right),
                Err(HashQueueFull) => refused += 1,
            }
        }
        assert!(refused > 0);
        assert_eq!(pool.depth(), 0);
    }

    #[tokio::test]
    async fn a_new_password_is_returned_with_a_hash_that_it_matches() {
        let pool = pool(1, 1);
        let (hash, password) = pool.hash(PlainPassword::new(b"correct horse")).await.unwrap();
        assert_eq!(hash.scheme(), "argon2id");
        assert_eq!(password.reveal(), b"correct horse");
        assert_eq!(pool.verify(hash, password).await, Ok(true));
    }

    /// `hashes` of the pool's jobs run at once; the rest waits, is refused, or is skipped once abandoned.
    #[tokio::test]
    async fn four_hundred_new_passwords_use_no_more_than_the_threads_and_the_queue() {
        let (step, hashes) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
        let (stop, count) = (step.clone(), hashes.clone());
        let size = HashPoolSize { threads: NonZeroUsize::MIN, queue: 8 };
        let observe = move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            stop.wait();
        };
        let pool = Arc::new(HashPool::start(size, observe).unwrap());
        let hash = || {
            let pool = pool.clone();
            tokio::spawn(async move { pool.hash(PlainPassword::new(b"x")).await })
        };
        let first = hash();
        while hashes.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut waiting = Vec::new();
        let mut refused = 0;
        for _ in 0..400 {
            let job = hash();
            tokio::task::yield_now().await;
            if job.is_finished() {
                assert!(matches!(job.await.unwrap(), Err(HashError::QueueFull(HashQueueFull))));
                refused += 1;
            } else {
                waiting.push(job);
            }
        }
        assert_eq!((waiting.len(), refused), (8, 392));
        for abandoned in waiting.drain(..7) {
            abandoned.abort();
            let _aborted = abandoned.await;
        }
        step.wait();
        assert!(first.await.unwrap().is_ok());
        step.wait();
        assert!(waiting.pop().unwrap().await.unwrap().is_ok());
        assert_eq!(hashes.load(Ordering::SeqCst), 2, "abandoned jobs are not hashed");
        assert_eq!(pool.depth(), 0);
    }

    #[tokio::test]
    async fn depth_counts_the_jobs_that_wait() {
        // The thread waits twice after each hash: once to report it, once for the permission to go on.
        let step = Arc::new(Barrier::new(2));
        let stop = step.clone();
        let size = HashPoolSize { threads: NonZeroUsize::MIN, queue: 8 };
        let observe = move |_| {
            stop.wait();
            stop.wait();
        };
        let pool = Arc::new(HashPool::start(size, observe).unwrap());
        let hash: PasswordHash = "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=".parse().unwrap();
        let queued = [(); 5].map(|()| {
            let (pool, hash) = (pool.clone(), hash.clone());
            tokio::spawn(async move { pool.verify(hash, PlainPassword::new(b"x")).await })
        });
        tokio::task::yield_now().await;
        for waiting in (0..5).rev() {
            step.wait();
            assert_eq!(pool.depth(), waiting);
            step.wait();
        }
        for verdict in queued {
            assert_eq!(verdict.await.unwrap(), Ok(false));
        }
    }
}
