//! Opening, migrating and writing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyPool, Connection as _, Executor as _, Transaction};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// Connections besides the one the engine keeps: pages, commands, retention.
const CONNECTIONS: u32 = 4;

/// A transaction that may write.
pub type Tx<'c> = Transaction<'c, Any>;

/// Where the two databases differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// SQLite: one writer at a time.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// A read lock on the rows of a SELECT, until the transaction ends. SQLite needs none: its
    /// writers already exclude each other.
    #[must_use]
    pub fn for_share(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR SHARE",
        }
    }

    /// A write lock on the rows of a SELECT that leaves out those that somebody else is writing.
    #[must_use]
    pub fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }

    fn begin(self) -> &'static str {
        match self {
            // A read that later writes would fail under a concurrent writer; taking the lock first
            // makes it wait instead.
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }
}

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database didn't do it.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A row holds what the code never writes.
    #[error("database: {table}.{column} of row {id} holds something unknown")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        id: i64,
    },
    /// The database doesn't answer.
    #[error("database: no answer")]
    Silent,
    /// The database can't be opened; the text says why and what to do.
    #[error("{0}")]
    Open(String),
}

/// The advisory lock of the one server on a PostgreSQL database: "turvabot" in ASCII.
const LOCK: i64 = 0x7475_7276_6162_6f74;

/// Held by the one server on a database; the operating system or PostgreSQL takes it back when the
/// process ends, however it ends.
#[derive(Debug)]
pub enum Alone {
    /// A lock on a file beside the database.
    File(std::fs::File),
    /// An advisory lock of a session.
    Session(super::Conn),
}

/// How often the lock in PostgreSQL is looked after.
const WATCH: Duration = Duration::from_secs(5);

impl Alone {
    /// Waits until the lock is lost, which only PostgreSQL's can be: with its session.
    pub async fn lost(self) -> Error {
        let Self::Session(mut conn) = self else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(WATCH).await;
            if !matches!(tokio::time::timeout(WATCH, conn.ping()).await, Ok(Ok(()))) {
                return Error::Open(
                    "database: the lock that keeps other servers away is lost; start again".into(),
                );
            }
        }
    }
}

impl Error {
    /// Whether the same statement would fail again, because of what it was to write.
    #[must_use]
    pub fn is_about_data(&self) -> bool {
        use sqlx::error::ErrorKind;
        match self {
            Self::Corrupt { .. } | Self::Database(sqlx::Error::ColumnDecode { .. }) => true,
            Self::Database(sqlx::Error::Database(error)) => {
                // PostgreSQL classes 21 to 23: cardinality, data and integrity violations.
                let class = error
                    .code()
                    .map(|code| code.chars().take(2).collect::<String>());
                let class = class.is_some_and(|class| ["21", "22", "23"].contains(&&*class));
                !matches!(error.kind(), ErrorKind::Other) || class
            }
            _ => false,
        }
    }
}

/// A pool of connections to one database.
#[derive(Clone, Debug)]
pub struct Db {
    pool: AnyPool,
    dialect: Dialect,
}

impl Db {
    /// Opens the database at `sqlite://path` or `postgres://…`. An SQLite file is made if missing.
    ///
    /// # Errors
    /// [`Error::Open`] with the reason and the cure.
    pub async fn open(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let dialect = if url.starts_with("sqlite:") {
            Dialect::Sqlite
        } else {
            Dialect::Postgres
        };
        let address = match sqlite_path(url) {
            Some(path) => {
                make_private(&path)?;
                format!("sqlite://{}?mode=rwc", path.display())
            }
            None => url.to_owned(),
        };
        // The pool would hide why it can't connect.
        let failed = |error: sqlx::Error| Error::Open(explain_open(url, &error));
        sqlx::AnyConnection::connect(&address)
            .await
            .map_err(failed)?
            .close()
            .await
            .map_err(failed)?;
        let pool = AnyPoolOptions::new()
            .max_connections(CONNECTIONS + 1)
            .acquire_timeout(Duration::from_secs(10))
            .after_connect(move |conn, _| {
                Box::pin(async move {
                    if dialect == Dialect::Sqlite {
                        // FULL: a commit is on the disk before anyone is told of it.
                        conn.execute(
                            "PRAGMA busy_timeout = 20000; PRAGMA journal_mode = WAL; \
                             PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; \
                             PRAGMA secure_delete = ON; \
                             PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;",
                        )
                        .await?;
                    }
                    Ok(())
                })
            })
            .connect(&address)
            .await
            .map_err(failed)?;
        Ok(Self { pool, dialect })
    }

    /// Brings the tables up to this version.
    ///
    /// # Errors
    /// [`Error::Open`] if the database belongs to a newer version or can't be written.
    pub async fn migrate(&self) -> Result<(), Error> {
        MIGRATIONS.run(&self.pool).await.map_err(|error| {
            Error::Open(match error {
                MigrateError::VersionMissing(version) => format!(
                    "database: it was made by a newer Turvabot (migration {version}); \
                     run that version, or point database.url at another database"
                ),
                MigrateError::VersionMismatch(version) => format!(
                    "database: migration {version} differs from the one that made the tables; \
                     use the release that made this database or a newer one"
                ),
                MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
                    format!("database: cannot prepare the tables: {}", cause(&error))
                }
                other => format!("database: cannot prepare the tables: {other}"),
            })
        })
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn write(&self) -> Result<Tx<'static>, Error> {
        Ok(self.pool.begin_with(self.dialect.begin()).await?)
    }

    /// Begins a writing transaction on a connection kept by the caller.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn write_on<'c>(&self, conn: &'c mut super::Conn) -> Result<Tx<'c>, Error> {
        Ok(conn.begin_with(self.dialect.begin()).await?)
    }

    /// A connection for reading, or for the engine to keep.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn read(&self) -> Result<PoolConnection<Any>, Error> {
        Ok(self.pool.acquire().await?)
    }

    /// Makes sure that no other server works on this database, until the guard is dropped.
    ///
    /// # Errors
    /// [`Error::Open`] if one does.
    pub async fn alone(&self, url: &str) -> Result<Alone, Error> {
        let taken = || {
            Error::Open(
                "database: another Turvabot serves from this database; \
                 stop it first, or point database.url at another database"
                    .into(),
            )
        };
        let Some(path) = sqlite_path(url) else {
            let mut conn = self.read().await?;
            let row = sqlx::query("SELECT CASE WHEN pg_try_advisory_lock($1) THEN 1 ELSE 0 END")
                .bind(LOCK)
                .fetch_one(&mut *conn)
                .await?;
            let locked: i64 = sqlx::Row::try_get(&row, 0)?;
            return if locked == 1 {
                Ok(Alone::Session(conn.detach()))
            } else {
                Err(taken())
            };
        };
        let path = path.with_extension("lock");
        let open = |error: std::io::Error| {
            Error::Open(format!(
                "database.url: cannot lock {}: {error}",
                path.display()
            ))
        };
        let file = std::fs::File::create(&path).map_err(open)?;
        match file.try_lock() {
            Ok(()) => Ok(Alone::File(file)),
            Err(std::fs::TryLockError::WouldBlock) => Err(taken()),
            Err(std::fs::TryLockError::Error(error)) => Err(open(error)),
        }
    }

    /// Which database it is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Makes deleted rows unreadable in SQLite's log too. (In the file they are overwritten.) Waits
    /// for nobody: while others read, the log is emptied later.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn shred(&self) -> Result<(), Error> {
        if self.dialect == Dialect::Sqlite {
            sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(&mut *self.read().await?)
                .await?;
        }
        Ok(())
    }

    /// Closes every connection, so that SQLite folds its log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// The file of an SQLite address.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    Some(PathBuf::from(rest.split('?').next().unwrap_or(rest)))
}

/// Makes the file and its folder, if they are missing, for this user alone: the database holds
/// addresses of residents and the secret that seals buttons. SQLite gives its log the same rights.
fn make_private(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        let mut folders = std::fs::DirBuilder::new();
        folders
            .recursive(true)
            .mode(0o700)
            .create(parent)
            .map_err(|error| {
                Error::Open(format!(
                    "database.url: cannot make the folder {}: {error}; \
                     choose a folder that this user may write",
                    parent.display()
                ))
            })?;
    }
    let mut file = std::fs::OpenOptions::new();
    match file.write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(Error::Open(format!(
                "database.url: cannot make {}: {error}; choose a folder that this user may write",
                path.display()
            )))
        }
        _ => Ok(()),
    }
}

fn cause(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    }
}

fn explain_open(url: &str, error: &sqlx::Error) -> String {
    match sqlite_path(url) {
        Some(path) => format!(
            "database.url: cannot open {}: {}; check that the folder exists and this user may write it",
            path.display(),
            cause(error)
        ),
        // The address may hold a password: never show it.
        None => format!(
            "database.url: cannot connect to PostgreSQL: {}; check the address, the user and that the server runs",
            cause(error)
        ),
    }
}
