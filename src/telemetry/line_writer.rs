//! Writes lines on a background thread: a slow reader loses lines and never delays requests.

use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::flush::flush;

const MAX_QUEUED_LINES: usize = 8192;
/// Lines are collected for this long before they are written, which saves wake-ups of the thread.
const BATCH_INTERVAL: Duration = Duration::from_millis(5);

/// The sending side of a [`LineWriter`].
#[derive(Clone)]
pub struct LineSink(SyncSender<Message>);

/// The writing thread. It ends when the last [`LineSink`] is dropped.
pub struct LineWriter {
    sink: LineSink,
}

enum Message {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

impl LineWriter {
    /// The thread calls `failed` with each write error and the number of lines that it lost. Buffered lines are retried.
    ///
    /// # Errors
    /// The thread cannot be spawned.
    pub fn start(
        output: impl Write + Send + 'static,
        failed: impl FnMut(&std::io::Error, u64) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(MAX_QUEUED_LINES);
        std::thread::Builder::new().name("lines".into()).spawn(move || write_all(&receiver, output, failed))?;
        Ok(Self { sink: LineSink(sender) })
    }

    pub fn sink(&self) -> LineSink {
        self.sink.clone()
    }
}

impl LineSink {
    /// Waits until all lines sent so far are written, at most 2 s.
    pub fn flush(&self) {
        flush(&self.0, Message::Flush);
    }

    /// Sends a line, newline included. Returns `false` if the queue is full and the line is lost.
    pub fn write(&self, line: Vec<u8>) -> bool {
        self.0.try_send(Message::Line(line)).is_ok()
    }
}

fn write_all(receiver: &Receiver<Message>, output: impl Write, mut failed: impl FnMut(&std::io::Error, u64)) {
    let mut output = std::io::BufWriter::with_capacity(64 * 1024, output);
    let mut is_dirty = false;
    loop {
        let first = match is_dirty {
            // Retry the buffered lines.
            true => receiver.recv_timeout(BATCH_INTERVAL),
            false => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match &first {
            Ok(Message::Line(_)) => std::thread::sleep(BATCH_INTERVAL),
            Ok(Message::Flush(_)) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        for message in first.into_iter().chain(receiver.try_iter()) {
            match message {
                // Errors: a full disk, a closed pipe.
                Message::Line(line) => {
                    let _lost = output.write_all(&line).inspect_err(|error| failed(error, 1));
                }
                Message::Flush(done) => {
                    let _left = output.flush().inspect_err(|error| failed(error, 0));
                    let _gone = done.send(());
                }
            }
        }
        is_dirty = output.flush().inspect_err(|error| failed(error, 0)).is_err();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_arrive_in_order_and_flush_waits_for_them() {
        let output = Shared::default();
        let lines = LineWriter::start(output.clone(), |error, _| panic!("{error}")).unwrap();
        for number in 0..100 {
            assert!(lines.sink().write(format!("{number}\n").into_bytes()));
        }
        lines.sink().flush();
        let written = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 100);
        assert!(written.starts_with("0\n1\n"));
    }

    #[test]
    fn a_blocked_reader_loses_lines_and_never_blocks_the_sender() {
        struct Hangs;
        impl Write for Hangs {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                loop {
                    std::thread::park();
                }
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let lines = LineWriter::start(Hangs, |_, _| ()).unwrap();
        let dropped = (0..2 * MAX_QUEUED_LINES).filter(|_| !lines.sink().write(vec![b'x'; 1024])).count();
        assert!(dropped > 0);
    }
}
