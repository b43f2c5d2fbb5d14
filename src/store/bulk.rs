//! Statements over many rows: few texts, so that the prepared ones are used again.

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

use super::{Conn, Error};

/// Rows per statement. Any number up to 64 is a sum of two or three of these, and all of them in
/// all statements fit the cache of prepared statements (100).
const SIZES: [usize; 11] = [64, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1];

/// A query with its arguments.
pub type Bound<'q> = Query<'q, Any, AnyArguments>;

/// `($1, $2), ($3, $4)` for rows of so many columns; `(?, ?), (?, ?)` for SQLite, which searches
/// numbered names one by one when it binds them.
fn placeholders(rows: usize, columns: usize, numbered: bool) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(rows * columns * 6);
    for row in 0..rows {
        out.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            out.push_str(if column == 0 { "" } else { ", " });
            if numbered {
                let _ = write!(out, "${}", row * columns + column + 1);
            } else {
                out.push('?');
            }
        }
        out.push(')');
    }
    out
}

fn numbered(conn: &Conn) -> bool {
    conn.backend_name() != "SQLite"
}

fn chunks<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = *SIZES.iter().find(|size| **size <= rows.len())?;
        let (chunk, rest) = rows.split_at(size);
        rows = rest;
        Some(chunk)
    })
}

/// Runs `sql(values)` over all rows and returns the number of rows touched.
///
/// `sql` is given the list of placeholders, which stand for values in order and must be its only
/// ones; `bind` binds exactly `columns` values of a row.
pub async fn execute<T>(
    conn: &mut Conn,
    rows: &[T],
    columns: usize,
    sql: impl Fn(&str) -> String,
    bind: impl for<'q> Fn(Bound<'q>, &T) -> Bound<'q>,
) -> Result<u64, Error> {
    let mut touched = 0;
    for chunk in chunks(rows) {
        let text = sql(&placeholders(chunk.len(), columns, numbered(conn)));
        let query = chunk.iter().fold(sqlx::query(AssertSqlSafe(text)), &bind);
        touched += query.execute(&mut *conn).await?.rows_affected();
    }
    Ok(touched)
}

/// Runs `sql(values)` over all rows and returns what it returns.
pub async fn fetch<T>(
    conn: &mut Conn,
    rows: &[T],
    columns: usize,
    sql: impl Fn(&str) -> String,
    bind: impl for<'q> Fn(Bound<'q>, &T) -> Bound<'q>,
) -> Result<Vec<AnyRow>, Error> {
    let mut found = Vec::new();
    for chunk in chunks(rows) {
        let text = sql(&placeholders(chunk.len(), columns, numbered(conn)));
        let query = chunk.iter().fold(sqlx::query(AssertSqlSafe(text)), &bind);
        found.extend(query.fetch_all(&mut *conn).await?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_through_all_rows() {
        assert_eq!(placeholders(2, 3, true), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(placeholders(2, 2, false), "(?, ?), (?, ?)");
    }

    #[test]
    fn chunks_cover_every_row_once_in_order() {
        let rows: Vec<_> = (0..151).collect();
        let sizes: Vec<_> = chunks(&rows).map(<[_]>::len).collect();
        assert_eq!(sizes, [64, 64, 16, 6, 1]);
        assert_eq!(chunks(&rows).flatten().copied().collect::<Vec<_>>(), rows);
    }
}
