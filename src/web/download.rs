//! A file made for somebody to keep. It is written to disk first and read from there while it is sent: a million rows take no
//! more memory than ten, and no database connection waits for a slow browser.

use super::{Answer, PageError};
use actix_web::HttpResponse;
use actix_web::http::header::{ContentDisposition, DispositionParam, DispositionType};
use actix_web::web::Bytes;
use futures_util::stream::try_unfold;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};

/// What is sent at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// A CSV file while it is written. It has no name on the disk and is gone when it was sent, or when we are killed.
pub struct Download(BufWriter<File>);

impl Download {
    /// An empty one.
    pub fn begin() -> Result<Self, PageError> {
        let file = tempfile::tempfile().map_err(anyhow::Error::from)?;
        Ok(Self(BufWriter::new(file)))
    }

    /// Sends it under a name.
    pub fn send(self, name: String) -> Answer {
        let mut file = self
            .0
            .into_inner()
            .map_err(|error| anyhow::Error::from(error.into_error()))?;
        file.rewind().map_err(anyhow::Error::from)?;
        let chunks = try_unfold(file, |mut file| async move {
            let read = tokio::task::spawn_blocking(move || {
                let mut chunk = vec![0; CHUNK_BYTES];
                let length = file.read(&mut chunk)?;
                chunk.truncate(length);
                io::Result::Ok((chunk, file))
            });
            let (chunk, file) = read.await.map_err(io::Error::other)??;
            io::Result::Ok((!chunk.is_empty()).then(|| (Bytes::from(chunk), file)))
        });
        Ok(HttpResponse::Ok()
            .content_type("text/csv; charset=utf-8")
            .insert_header(ContentDisposition {
                disposition: DispositionType::Attachment,
                parameters: vec![DispositionParam::Filename(name)],
            })
            .streaming(chunks))
    }
}

impl Write for Download {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
