//! Large answers, which wait in a file until it is certain that they are whole.

use axum::body::Body;
use futures_util::stream;
use tokio::io::AsyncReadExt as _;

const CHUNK_BYTES: usize = 64 * 1024;

/// The rest of the file.
pub(crate) fn body_of(file: std::fs::File) -> Body {
    let chunks = stream::try_unfold(tokio::fs::File::from_std(file), async |mut file| {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then_some((chunk, file)))
    });
    Body::from_stream(chunks)
}
