//! Numbers for new rows.

use sqlx::Row as _;

use super::{Conn, Error};

/// Numbers reserved and not yet used. Runs of different holders never overlap; a later run of the
/// same holder is higher.
#[derive(Debug, Default)]
pub struct IdBlock {
    next: i64,
    end: i64,
}

/// Reserves `count` consecutive numbers and returns the first.
///
/// # Errors
/// [`Error::Database`].
pub async fn reserve(conn: &mut Conn, count: i64) -> Result<i64, Error> {
    let row = sqlx::query("UPDATE id_block SET next = next + $1 WHERE name = 'id' RETURNING next")
        .bind(count)
        .fetch_one(conn)
        .await?;
    Ok(row.try_get::<i64, _>(0)? - count)
}

impl IdBlock {
    /// Numbers reserved at a time.
    const RUN: i64 = 4096;

    /// Makes sure that `count` numbers are at hand.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn ensure(&mut self, conn: &mut Conn, count: usize) -> Result<(), Error> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        if self.end - self.next < count {
            let run = count.max(Self::RUN);
            self.next = reserve(conn, run).await?;
            self.end = self.next + run;
        }
        Ok(())
    }

    /// The next number.
    ///
    /// # Panics
    /// If [`IdBlock::ensure`] wasn't asked for enough.
    pub fn mint(&mut self) -> i64 {
        assert!(
            self.next < self.end,
            "ids are ensured before they are minted"
        );
        self.next += 1;
        self.next - 1
    }

    /// Forgets the numbers at hand: the reservation was rolled back.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
