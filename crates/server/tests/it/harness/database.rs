//! With `TEST_ENGINE=postgres` the same tests run on databases: one for every data folder.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use pontic_store::Store;
use pontic_store::sqlite::{Options, SqliteStore};

/// The address of the folder's database, which is made where there is none; nothing where records are in the folder itself.
pub fn of(folder: &Path) -> Option<String> {
    (std::env::var("TEST_ENGINE").as_deref() == Ok("postgres")).then(|| at(folder))
}

/// The address of the folder's database, which is made where there is none.
pub fn at(folder: &Path) -> String {
    let server = std::env::var("TEST_POSTGRES").expect(
        "TEST_POSTGRES names no server; `cargo xtask test` starts one, and so does `cargo xtask servers -- COMMAND`",
    );
    let mut hasher = DefaultHasher::new();
    folder.hash(&mut hasher);
    let name = format!("s_{:016x}", hasher.finish());
    make(&server, &name);
    server.replace("/postgres?", &format!("/{name}?"))
}

/// The records of a server that has ended.
pub fn open(folder: &Path) -> Box<dyn Store> {
    #[cfg(feature = "postgres")]
    if let Some(url) = of(folder) {
        use pontic_store::postgres::{Options, PostgresStore};

        let key = folder.join("keys/data.key");
        let store = PostgresStore::open(&url, &key, &Options::default());
        return Box::new(store.expect("opened"));
    }
    Box::new(SqliteStore::open(folder, None, Options::default()).expect("opened"))
}

/// Somebody else's connection to the records of a server that runs.
pub enum Beside {
    /// To its file.
    File(rusqlite::Connection),
    /// To its database.
    Database(tokio::runtime::Runtime, tokio_postgres::Client),
}

impl Beside {
    /// To the records that belong to this folder.
    pub fn of(folder: &Path) -> Self {
        let Some(url) = of(folder) else {
            let file = rusqlite::Connection::open(folder.join("pontic.db"));
            return Self::File(file.expect("opened"));
        };
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let client = runtime.block_on(async {
            let connected = tokio_postgres::connect(&url, tokio_postgres::NoTls).await;
            let (client, line) = connected.expect("the server is there");
            tokio::spawn(line);
            client
        });
        Self::Database(runtime, client)
    }

    /// Does `of_file` there, or `of_database`: the same in either's words.
    pub fn execute(&self, of_file: &str, of_database: &str) {
        match self {
            Self::File(file) => file.execute_batch(of_file).expect("done"),
            Self::Database(runtime, client) => {
                let done = runtime.block_on(client.batch_execute(of_database));
                done.expect("done");
            }
        }
    }
}

/// Does that in a database, as its owner, who may also write where writing is not the rule.
pub fn execute(url: &str, sql: &str) {
    asked(url, async |client| {
        let writes = "SET default_transaction_read_only = off";
        client.batch_execute(writes).await.expect("done");
        client.batch_execute(sql).await.expect("done");
    });
}

/// Every row of every table of the folder's database, as text; nothing where records are in the folder itself.
pub fn rows(folder: &Path) -> Option<Vec<String>> {
    let url = of(folder)?;
    Some(asked(&url, async |client| {
        let sql = "SELECT quote_ident(tablename::text) FROM pg_tables WHERE schemaname = 'public'";
        let mut rows = Vec::new();
        for table in client.query(sql, &[]).await.expect("asked") {
            let table: String = table.get(0);
            let sql = format!("SELECT row::text FROM {table} AS row");
            let found = client.query(&sql, &[]).await.expect("asked");
            rows.extend(found.iter().map(|row| row.get::<_, String>(0)));
        }
        rows
    }))
}

fn make(server: &str, name: &str) {
    asked(server, async |client| {
        let sql = "SELECT 1 FROM pg_database WHERE datname = $1";
        if client.query(sql, &[&name]).await.expect("asked").is_empty() {
            let sql = format!("CREATE DATABASE {name}");
            client.batch_execute(&sql).await.expect("made");
        }
    });
}

fn asked<T>(url: &str, work: impl AsyncFnOnce(&tokio_postgres::Client) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let (client, line) = tokio_postgres::connect(url, tokio_postgres::NoTls)
            .await
            .expect("the server is there");
        let line = tokio::spawn(line);
        let done = work(&client).await;
        line.abort();
        done
    })
}
