//! The file that vectors are kept in: a mark, the model's identity, how many numbers a vector has, key
//! and numbers of each, and a digest of all that. Whatever is wrong with it, it can be made again.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{Key, Known};

const MARK: &[u8] = b"turvabot vectors 1\n";

/// The largest file that is read: 100,000 entries would fit.
const MOST: u64 = 1 << 30;

/// The vectors of a file, or why there are none.
pub(super) fn read(file: &Path, identity: [u8; 32], dim: usize) -> Result<Known, String> {
    let place = file.display();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!("{place} is not there yet"),
        _ => format!("{place}: {error}"),
    };
    let size = fs::metadata(file).map_err(unreadable)?.len();
    if size > MOST {
        return Err(format!("{place} can't be that large"));
    }
    let bytes = fs::read(file).map_err(unreadable)?;
    let broken = || format!("{place} is broken");
    let (bytes, digest) = bytes.split_last_chunk::<32>().ok_or_else(broken)?;
    if <[u8; 32]>::from(Sha256::digest(bytes)) != *digest {
        return Err(broken());
    }
    let rest = bytes.strip_prefix(MARK).ok_or_else(broken)?;
    let foreign = || format!("{place} is of another model");
    let rest = rest.strip_prefix(&identity).ok_or_else(foreign)?;
    let numbers = u32::try_from(dim).unwrap_or_default().to_le_bytes();
    let rest = rest.strip_prefix(&numbers).ok_or_else(foreign)?;
    let mut known = Known::default();
    for one in rest.chunks_exact(size_of::<Key>() + 4 * dim) {
        let Some((key, numbers)) = one.split_first_chunk::<16>() else {
            return Err(broken());
        };
        let (numbers, _) = numbers.as_chunks::<4>();
        let vector = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes));
        known.insert(*key, vector.collect());
    }
    Ok(known)
}

/// Writes a file whole or not at all.
pub(super) fn write(file: &Path, identity: [u8; 32], dim: usize, known: &Known) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(known.len() * (16 + 4 * dim) + 128);
    bytes.extend(MARK);
    bytes.extend(identity);
    bytes.extend(u32::try_from(dim).unwrap_or_default().to_le_bytes());
    let mut sorted: Vec<(&Key, &Vec<f32>)> = known.iter().collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    for (key, vector) in sorted {
        bytes.extend(key);
        vector
            .iter()
            .for_each(|number| bytes.extend(number.to_le_bytes()));
    }
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    bytes.extend(digest);
    // Commands may write beside a server.
    let part = file.with_extension(format!("{}.part", std::process::id()));
    let written = (|| {
        let mut out = fs::File::create(&part)?;
        out.write_all(&bytes)?;
        out.sync_all()?;
        fs::rename(&part, file)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        [([1; 16], vec![0.5, -1.0]), ([2; 16], vec![0.0, 2.0])].into()
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vectors.bin");
        for _ in 0..2 {
            write(&file, [7; 32], 2, &known()).unwrap();
            assert_eq!(read(&file, [7; 32], 2), Ok(known()));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn broken_and_foreign_files_are_told_apart_and_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vectors.bin");
        let why = |identity, dim| read(&file, identity, dim).unwrap_err();
        assert!(why([7; 32], 2).ends_with("is not there yet"));
        write(&file, [7; 32], 2, &known()).unwrap();
        assert!(why([8; 32], 2).ends_with("is of another model"));
        assert!(why([7; 32], 3).ends_with("is of another model"));
        let whole = fs::read(&file).unwrap();
        for cut in [0, 5, 40, whole.len() - 1] {
            fs::write(&file, &whole[..cut]).unwrap();
            assert!(why([7; 32], 2).ends_with("is broken"));
        }
        let mut changed = whole;
        changed[60] ^= 1;
        fs::write(&file, changed).unwrap();
        assert!(why([7; 32], 2).ends_with("is broken"));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_of_writing_only() {
        assert!(write(Path::new("/nowhere/at/all"), [7; 32], 2, &known()).is_err());
    }
}
