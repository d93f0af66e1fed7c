//! Slow hashes, off the async threads: a fixed number at a time, a bounded queue, memory kept.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::Rejection;
use crate::credential::{HashMemory, PasswordHash, PlainPassword};
use crate::runtime::lower_priority;

/// How much hashing goes on at once, and how much may wait.
#[derive(Debug, Clone, Copy)]
pub struct HashPoolSize {
    /// Passwords verified at the same time; each takes a core and up to 19 MiB (default parameters).
    pub threads: NonZeroUsize,
    /// Passwords that may wait; more are refused with 503.
    pub queue: usize,
}

/// Threads that verify passwords. They end when the pool is dropped.
pub struct HashPool {
    jobs: SyncSender<Job>,
    waiting: Arc<AtomicUsize>,
}

enum Job {
    Verify { hash: PasswordHash, password: PlainPassword, answer: oneshot::Sender<bool> },
    Renew { password: PlainPassword, done: Box<dyn FnOnce(PasswordHash) + Send> },
}

impl HashPool {
    /// Starts the threads. `observe` is told how long each hash took.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        size: HashPoolSize,
        observe: impl Fn(Duration) + Clone + Send + 'static,
    ) -> Result<Self, std::io::Error> {
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

    /// True when the password is right.
    ///
    /// # Errors
    /// [`Rejection::DirectoryUnavailable`] when too many wait already.
    pub async fn verify(&self, hash: PasswordHash, password: PlainPassword) -> Result<bool, Rejection> {
        let (answer, verdict) = oneshot::channel();
        self.enqueue(Job::Verify { hash, password, answer })?;
        verdict.await.map_err(|_| Rejection::DirectoryUnavailable)
    }

    /// Hashes a password anew, when a thread has time for it. Not at all when too many wait: it will come again.
    pub fn renew(&self, password: PlainPassword, done: impl FnOnce(PasswordHash) + Send + 'static) {
        let _another_time = self.enqueue(Job::Renew { password, done: Box::new(done) });
    }

    fn enqueue(&self, job: Job) -> Result<(), Rejection> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.jobs.try_send(job).map_err(|_| {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            Rejection::DirectoryUnavailable
        })
    }
}

fn work(queue: &Mutex<Receiver<Job>>, waiting: &AtomicUsize, observe: impl Fn(Duration)) {
    let mut memory = HashMemory::default();
    lower_priority();
    loop {
        // A thread that panicked while it held the lock left the queue itself whole.
        let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        waiting.fetch_sub(1, Ordering::Relaxed);
        let start = Instant::now();
        match job {
            Job::Verify { answer, .. } if answer.is_closed() => continue,
            Job::Verify { hash, password, answer } => {
                let verdict = hash.verify(password.reveal(), &mut memory);
                observe(start.elapsed());
                // The caller may have gone meanwhile.
                let _gone = answer.send(verdict);
            }
            Job::Renew { password, done } => {
                // Without randomness the old hash has to do.
                let renewed = PasswordHash::of(&password);
                observe(start.elapsed());
                let _failed = renewed.map(done);
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
    async fn right_and_wrong_passwords_are_told_apart() {
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
                tokio::spawn(async move { pool.verify(PasswordHash::decoy(), PlainPassword::new(b"x")).await })
            })
            .collect();
        let mut refused = 0;
        for verdict in flood {
            match verdict.await.unwrap() {
                Ok(right) => assert!(!right),
                Err(rejection) => {
                    assert_eq!(rejection, Rejection::DirectoryUnavailable);
                    refused += 1;
                }
            }
        }
        assert!(refused > 0);
        assert_eq!(pool.depth(), 0);
    }

    #[tokio::test]
    async fn what_waits_is_counted() {
        // The thread stops after each hash, once to say so and once until it may go on.
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
