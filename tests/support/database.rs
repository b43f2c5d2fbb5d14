//! Databases of their own for tests: SQLite files, and PostgreSQL databases when there is a server.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use tempfile::TempDir;

/// Names the server that tests may make databases on.
const SERVER: &str = "TEST_DATABASE_URL";

/// Where a test keeps its data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A database on the server.
    Postgres,
}

/// An empty database that goes away with this value.
#[derive(Debug)]
pub struct Database {
    /// Its address.
    pub url: String,
    /// What it is.
    pub kind: Kind,
    /// The SQLite file.
    pub file: Option<PathBuf>,
    server: Option<(String, String)>,
    _folder: Option<TempDir>,
}

/// A row as text, by column.
pub type TextRow = Vec<(String, Option<String>)>;

/// The databases that tests run on.
pub fn kinds() -> Vec<Kind> {
    static SAID: Once = Once::new();
    if std::env::var_os(SERVER).is_some() {
        return vec![Kind::Sqlite, Kind::Postgres];
    }
    SAID.call_once(|| {
        // Past the test runner, which keeps what the macros print to itself.
        let _ = writeln!(
            std::io::stderr(),
            "{SERVER} is not set: the tests run on SQLite only"
        );
    });
    vec![Kind::Sqlite]
}

/// Runs a test on an empty database of each kind.
pub async fn on_each_database(test: impl AsyncFn(Database)) {
    for kind in kinds() {
        eprintln!("on {kind:?}");
        test(Database::create(kind).await).await;
    }
}

impl Database {
    /// An empty database.
    pub async fn create(kind: Kind) -> Self {
        sqlx::any::install_default_drivers();
        match kind {
            Kind::Sqlite => Self::file(),
            Kind::Postgres => Self::on_server().await,
        }
    }

    fn file() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("turvabot.sqlite");
        Self {
            url: format!("sqlite://{}", file.display()),
            kind: Kind::Sqlite,
            file: Some(file),
            server: None,
            _folder: Some(folder),
        }
    }

    async fn on_server() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var(SERVER).expect("the address of a PostgreSQL server");
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        run(&server, &format!("CREATE DATABASE {name}")).await;
        let (base, _) = server.rsplit_once('/').expect("an address with a database");
        Self {
            url: format!("{base}/{name}"),
            kind: Kind::Postgres,
            file: None,
            server: Some((server, name)),
            _folder: None,
        }
    }

    /// A connection beside the server's.
    pub async fn connect(&self) -> AnyConnection {
        let url = match self.kind {
            Kind::Sqlite => format!("{}?mode=rwc", self.url),
            Kind::Postgres => self.url.clone(),
        };
        let mut conn = AnyConnection::connect(&url).await.expect("a connection");
        if self.kind == Kind::Sqlite {
            sqlx::query("PRAGMA busy_timeout = 20000")
                .execute(&mut conn)
                .await
                .expect("a setting");
        }
        conn
    }

    /// Runs a statement.
    pub async fn execute(&self, sql: &str) {
        let mut conn = self.connect().await;
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .execute(&mut conn)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The one number that a query gives.
    pub async fn number(&self, sql: &str) -> i64 {
        let mut conn = self.connect().await;
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut conn)
            .await
            .and_then(|row| row.try_get(0))
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The texts that a query with one column gives.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let mut conn = self.connect().await;
        sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&mut conn)
            .await
            .and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect())
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Every row of every table of ours, as text.
    pub async fn dump(&self) -> Vec<(String, TextRow)> {
        let mut rows = Vec::new();
        for table in self.tables().await {
            rows.extend(
                self.rows(&table)
                    .await
                    .into_iter()
                    .map(|r| (table.clone(), r)),
            );
        }
        rows
    }

    async fn tables(&self) -> Vec<String> {
        self.texts(match self.kind {
            Kind::Sqlite => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> '_sqlx_migrations'"
            }
            Kind::Postgres => {
                "SELECT CAST(table_name AS TEXT) FROM information_schema.tables \
                 WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'"
            }
        })
        .await
    }

    async fn rows(&self, table: &str) -> Vec<TextRow> {
        let sql = match self.kind {
            Kind::Sqlite => format!("SELECT name FROM pragma_table_info('{table}')"),
            Kind::Postgres => format!(
                "SELECT CAST(column_name AS TEXT) FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name = '{table}'"
            ),
        };
        let columns = self.texts(&sql).await;
        let list: Vec<_> = columns
            .iter()
            .map(|column| format!("CAST(\"{column}\" AS TEXT)"))
            .collect();
        let sql = format!("SELECT {} FROM {table}", list.join(", "));
        let mut conn = self.connect().await;
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut conn).await;
        rows.expect("rows")
            .iter()
            .map(|row| {
                let text = |at| row.try_get(at).expect("text");
                columns
                    .iter()
                    .cloned()
                    .enumerate()
                    .map(|(at, name)| (name, text(at)))
                    .collect()
            })
            .collect()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((server, name)) = self.server.take() else {
            return;
        };
        // A thread of its own: the test's runtime can't be waited on in here.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(run(
                &server,
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            ));
        });
        if dropping.join().is_err() {
            eprintln!("a test's database is left behind");
        }
    }
}

async fn run(server: &str, sql: &str) {
    let mut conn = AnyConnection::connect(server).await.expect("the server");
    sqlx::query(AssertSqlSafe(sql.to_owned()))
        .execute(&mut conn)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}
