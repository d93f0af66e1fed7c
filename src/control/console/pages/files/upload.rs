//! A file that a browser sends (`multipart/form-data`, RFC 7578), with the fields beside it.

use axum::extract::Multipart;
use axum::extract::multipart::{MultipartError, MultipartRejection};

use crate::control::Sentence;
use crate::control::console::pages::page_urls::with_query;
use crate::control::console::pages::url_params::query;
use crate::control::console::posted_form::Posted;
use crate::control::web::problem::{Code, Problem};

/// The page that asks again carries the file on in a form of at most 1 MiB, where each byte may become three.
pub(super) const MAX_FILE_BYTES: usize = 300 * 1024;
pub(super) const MAX_UPLOAD_BYTES: usize = 1024 * 1024;
const FILE: &str = "file";
const FIELDS: [&str; 4] = ["import_format", "import_account", "import_version", "skip_unusable"];

pub(super) struct Upload {
    /// Without the file.
    pub(super) posted: Posted,
    /// What is wrong with the file as such, or its text.
    pub(super) file: Result<String, Problem>,
}

impl Upload {
    /// # Errors
    /// For what is no such form, and for one that is too large.
    pub(super) async fn read(parts: Result<Multipart, MultipartRejection>) -> Result<Self, Problem> {
        let refused = |_| Problem::new(Code::UnsupportedMediaType, Sentence::UploadMediaType);
        let mut parts = parts.map_err(refused)?;
        let (mut fields, mut file) = (Vec::new(), None);
        while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|error| broken(&error))?;
            if name == FILE && file.is_none() {
                file = Some(bytes);
                continue;
            }
            let is_fit = FIELDS.contains(&name.as_str()) && fields.iter().all(|(other, _)| *other != name);
            let text = std::str::from_utf8(&bytes).ok().filter(|_| is_fit);
            let text = text.ok_or_else(|| Problem::new(Code::Malformed, Sentence::FormFieldsOnceEach))?;
            fields.push((name, text.trim().to_owned()));
        }
        let pairs: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let posted = query(&with_query("/", &pairs))?;
        Ok(Self { posted, file: text_of(file.as_deref().unwrap_or_default()) })
    }
}

fn text_of(file: &[u8]) -> Result<String, Problem> {
    let fault = |problem| Problem::of_field(FILE, problem);
    if file.is_empty() {
        return Err(fault(Sentence::FileMissing));
    }
    if file.len() > MAX_FILE_BYTES {
        return Err(fault(Sentence::FileTooLarge));
    }
    String::from_utf8(file.to_vec()).map_err(|_| fault(Sentence::FileNotText))
}

fn broken(error: &MultipartError) -> Problem {
    if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(Code::TooLarge, Sentence::UploadTooLarge { max: MAX_FILE_BYTES.into() });
    }
    Problem::new(Code::Malformed, Sentence::FormUnreadable)
}
