//! Where the connections to the database are served, whatever runtime a caller belongs to.

use tokio::runtime::Runtime;

use crate::StoreError;

/// The thread that serves the connections.
pub struct Line(Option<Runtime>);

impl Line {
    /// Starts it.
    pub fn new() -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all()
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self(Some(runtime)))
    }

    /// Waits on the caller's own thread, whether or not that belongs to another runtime.
    pub fn wait_for<T>(&self, done: impl Future<Output = T>) -> T {
        let _context = self.0.as_ref().map(Runtime::enter);
        // Within a task of a runtime what is polled has a budget, and whoever has used it up is woken when the task has yielded: never,
        // as the task waits here.
        futures_executor::block_on(tokio::task::unconstrained(done))
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Also where nobody may wait.
            runtime.shutdown_background();
        }
    }
}
