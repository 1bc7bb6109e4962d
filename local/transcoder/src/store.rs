//! Records on disk: one JSON file each, written atomically. Reads use a copy in memory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;

use crate::page::{Page, PageRequest};

/// The reason why a record cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An operation of the file system failed.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A file does not hold a record of this version.
    #[error("{} is damaged, or of another version ({source}); move it away, or reset the local stage, and start again", path.display())]
    Damaged {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// The record itself cannot be written as JSON.
    #[error("a record cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// No record has this identifier.
    #[error("no record {0}")]
    Missing(String),
    /// The service stops before the record is written.
    #[error("the service is stopping")]
    Stopping,
}

/// The records of one kind, by identifier.
///
/// Threads for blocking work write the files, one at a time. A started write completes even if its caller is dropped.
#[derive(Debug)]
pub struct Store<T> {
    shared: Arc<SharedStore<T>>,
    writer: Arc<Mutex<()>>,
}

/// The state that readers and writers share.
#[derive(Debug)]
struct SharedStore<T> {
    folder: PathBuf,
    records: RwLock<BTreeMap<String, T>>,
}

/// Permission to write, which one task has at a time.
type WritePermit = OwnedMutexGuard<()>;

impl<T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> Store<T> {
    /// Reads a folder; creates it if it is missing. Removes files of interrupted writes.
    pub fn open(folder: PathBuf) -> Result<Self, StoreError> {
        fs::create_dir_all(&folder).map_err(failed("make", &folder))?;
        let mut records = BTreeMap::new();
        for entry in fs::read_dir(&folder).map_err(failed("read", &folder))? {
            let path = entry.map_err(failed("read", &folder))?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.ends_with(".tmp") {
                fs::remove_file(&path).map_err(failed("remove", &path))?;
            } else if let Some(id) = name.strip_suffix(".json") {
                records.insert(id.to_owned(), read(&path)?);
            }
        }
        let records = RwLock::new(records);
        Ok(Self {
            shared: Arc::new(SharedStore { folder, records }),
            writer: Arc::default(),
        })
    }

    /// Returns a record.
    pub fn get(&self, id: &str) -> Option<T> {
        self.shared.read().get(id).cloned()
    }

    /// Returns whether a record exists and passes a test. The record is not copied.
    pub fn is(&self, id: &str, test: impl FnOnce(&T) -> bool) -> bool {
        self.shared.read().get(id).is_some_and(test)
    }

    /// Returns the identifiers in use, oldest first.
    pub fn ids(&self) -> Vec<String> {
        self.shared.read().keys().cloned().collect()
    }

    /// Returns the records that match, oldest first.
    pub fn filter(&self, matches: impl Fn(&T) -> bool) -> Vec<T> {
        let records = self.shared.read();
        records
            .values()
            .filter(|record| matches(record))
            .cloned()
            .collect()
    }

    /// Returns the results of a function for each record, oldest first.
    pub fn filter_map<M>(&self, map: impl Fn(&T) -> Option<M>) -> Vec<M> {
        self.shared.read().values().filter_map(map).collect()
    }

    /// Returns a page of the records that match. Only the records of the page are copied.
    pub fn page(&self, request: PageRequest<'_>, matches: impl Fn(&T) -> bool) -> Page<T> {
        let token = request.token.map_or(Bound::Unbounded, Bound::Included);
        let records = self.shared.read();
        let ordered: Box<dyn Iterator<Item = (&String, &T)>> = if request.ascending {
            Box::new(records.range::<str, _>((token, Bound::Unbounded)))
        } else {
            Box::new(records.range::<str, _>((Bound::Unbounded, token)).rev())
        };
        let mut found = ordered.filter(|(_, record)| matches(record));
        let items = found.by_ref().take(request.size);
        let items = items.map(|(_, record)| record.clone()).collect();
        let next = found.next().map(|(id, _)| id.clone());
        Page { items, next }
    }

    /// Returns how many records match.
    pub fn count(&self, matches: impl Fn(&T) -> bool) -> usize {
        let records = self.shared.read();
        records.values().filter(|record| matches(record)).count()
    }

    /// Returns the oldest identifier whose record matches.
    pub fn first(&self, matches: impl Fn(&str, &T) -> bool) -> Option<String> {
        let records = self.shared.read();
        let mut found = records.iter().filter(|(id, record)| matches(id, record));
        found.next().map(|(id, _)| id.clone())
    }

    /// Stores a record.
    pub async fn insert(&self, id: &str, record: T) -> Result<(), StoreError> {
        self.insert_unless(id, record, |_| false).await.map(drop)
    }

    /// Stores a new record unless an existing one is used instead. Returns the stored record.
    pub async fn insert_unless(
        &self,
        id: &str,
        record: T,
        serves: impl Fn(&T) -> bool,
    ) -> Result<T, StoreError> {
        let permit = self.permit().await;
        let existing = self
            .shared
            .read()
            .values()
            .rev()
            .find(|kept| serves(kept))
            .cloned();
        match existing {
            Some(existing) => Ok(existing),
            None => self.write(permit, id, record).await,
        }
    }

    /// Changes a record, on disk before in memory: if the write fails, the record does not change.
    pub async fn update(&self, id: &str, change: impl FnOnce(&mut T)) -> Result<T, StoreError> {
        let permit = self.permit().await;
        let record = self.changed(id, change)?;
        self.write(permit, id, record).await
    }

    /// Changes a record in memory before on disk, even if the write fails. For the state of a running job: clients must
    /// see it, and after a restart the job runs again.
    pub async fn update_in_memory_first(
        &self,
        id: &str,
        change: impl FnOnce(&mut T),
    ) -> Result<T, StoreError> {
        let permit = self.permit().await;
        let record = self.changed(id, change)?;
        self.shared.set(id, record.clone());
        self.write(permit, id, record).await
    }

    /// Removes a record.
    pub async fn remove(&self, id: &str) -> Result<(), StoreError> {
        let permit = self.permit().await;
        let (shared, id) = (Arc::clone(&self.shared), id.to_owned());
        blocking(permit, move || {
            let path = shared.path(&id);
            fs::remove_file(&path).map_err(failed("remove", &path))?;
            shared.lock().remove(&id);
            Ok(())
        })
        .await
    }

    async fn permit(&self) -> WritePermit {
        Arc::clone(&self.writer).lock_owned().await
    }

    fn changed(&self, id: &str, change: impl FnOnce(&mut T)) -> Result<T, StoreError> {
        let mut record = self.get(id).ok_or_else(|| StoreError::Missing(id.to_owned()))?;
        change(&mut record);
        Ok(record)
    }

    async fn write(&self, permit: WritePermit, id: &str, record: T) -> Result<T, StoreError> {
        let text = serde_json::to_vec_pretty(&record)?;
        let (shared, id) = (Arc::clone(&self.shared), id.to_owned());
        blocking(permit, move || {
            shared.write_file(&id, &text)?;
            shared.set(&id, record.clone());
            Ok(record)
        })
        .await
    }
}

/// Runs a write on a thread for blocking work. It holds its permit to its end, even if the caller is dropped.
async fn blocking<R: Send + 'static>(
    permit: WritePermit,
    write: impl FnOnce() -> Result<R, StoreError> + Send + 'static,
) -> Result<R, StoreError> {
    let task = spawn_blocking(move || {
        let written = write();
        drop(permit);
        written
    });
    task.await.unwrap_or(Err(StoreError::Stopping))
}

impl<T> SharedStore<T> {
    /// Temporary file, fsync, rename, fsync of the folder: a reader finds the old record or the new one.
    fn write_file(&self, id: &str, text: &[u8]) -> Result<(), StoreError> {
        let temporary = self.folder.join(format!("{id}.tmp"));
        let written = write_through(&temporary, text)
            .and_then(|()| fs::rename(&temporary, self.path(id)))
            .and_then(|()| File::open(&self.folder)?.sync_all());
        written.map_err(|error| {
            let _ = fs::remove_file(&temporary);
            failed("write", &self.path(id))(error)
        })
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    fn set(&self, id: &str, record: T) {
        self.lock().insert(id.to_owned(), record);
    }

    // A panic while the lock is held cannot leave a half-changed map: changes are made on a copy.
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, T>> {
        self.records.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> RwLockWriteGuard<'_, BTreeMap<String, T>> {
        self.records.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, StoreError> {
    let text = fs::read(path).map_err(failed("read", path))?;
    serde_json::from_slice(&text).map_err(|source| StoreError::Damaged {
        path: path.to_owned(),
        source,
    })
}

fn write_through(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::File { action, path, source }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::Relaxed;

    use serde::Deserialize;

    use super::*;

    fn opened(folder: &Path) -> Store<Vec<u32>> {
        Store::open(folder.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn records_survive_a_restart_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path());
        store.insert("b", vec![2]).await.unwrap();
        store.insert("a", vec![1]).await.unwrap();
        store.update("b", |record| record.push(3)).await.unwrap();
        store.insert("c", vec![]).await.unwrap();
        store.remove("c").await.unwrap();
        let again = opened(folder.path());
        assert_eq!(again.filter(|_| true), [vec![1], vec![2, 3]]);
    }

    #[tokio::test]
    async fn failed_write_changes_nothing_and_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path());
        store.insert("a", vec![1]).await.unwrap();
        // A folder with the temporary file's name makes the write fail, as a full disk would, even for root.
        fs::create_dir(folder.path().join("a.tmp")).unwrap();
        let error = store.update("a", |record| record.push(2)).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot write "), "{error}");
        assert_eq!(store.get("a"), Some(vec![1]));
        let refused = store.update_in_memory_first("a", |record| record.push(3)).await;
        assert!(refused.is_err());
        assert_eq!(
            store.get("a"),
            Some(vec![1, 3]),
            "a job's end is visible even if the write fails"
        );
        fs::remove_dir(folder.path().join("a.tmp")).unwrap();
        assert_eq!(opened(folder.path()).get("a"), Some(vec![1]));
    }

    #[test]
    fn temporary_files_are_removed_and_damaged_ones_reported() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.tmp"), "[1").unwrap();
        assert!(opened(folder.path()).ids().is_empty());
        assert!(!folder.path().join("a.tmp").exists());
        fs::write(folder.path().join("a.json"), "[1").unwrap();
        let error = Store::<Vec<u32>>::open(folder.path().to_owned())
            .unwrap_err()
            .to_string();
        assert!(error.contains("a.json is damaged"), "{error}");
    }

    /// A record that counts how often it was copied.
    #[derive(Debug, Serialize, Deserialize)]
    struct Counted {
        number: u32,
        #[serde(skip)]
        copies: Arc<AtomicUsize>,
    }

    impl Clone for Counted {
        fn clone(&self) -> Self {
            let copies = Arc::clone(&self.copies);
            copies.fetch_add(1, Relaxed);
            Self { copies, ..*self }
        }
    }

    #[test]
    fn page_copies_only_its_own_records() {
        let folder = tempfile::tempdir().unwrap();
        let store: Store<Counted> = Store::open(folder.path().to_owned()).unwrap();
        let copies = Arc::<AtomicUsize>::default();
        for number in 0..3_000 {
            let copies = Arc::clone(&copies);
            let record = Counted { number, copies };
            store.shared.set(&format!("{number:04}"), record);
        }
        let even = |record: &Counted| record.number.is_multiple_of(2);
        for ascending in [true, false] {
            let (mut seen, mut token) = (Vec::new(), None::<String>);
            loop {
                let request = PageRequest {
                    ascending,
                    token: token.as_deref(),
                    size: 50,
                };
                let before = copies.load(Relaxed);
                let page = store.page(request, even);
                let copied = copies.load(Relaxed) - before;
                assert_eq!(copied, page.items.len());
                seen.extend(page.items.iter().map(|record| record.number));
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            let mut wanted: Vec<u32> = (0..1_500).map(|half| half * 2).collect();
            if !ascending {
                wanted.reverse();
            }
            assert_eq!(seen, wanted);
        }
        let before = copies.load(Relaxed);
        assert_eq!(store.count(even), 1_500);
        assert_eq!(
            store.first(|_, record| record.number == 2_999).as_deref(),
            Some("2999")
        );
        assert_eq!(copies.load(Relaxed), before);
    }

    /// The temporary file is a pipe: opening it blocks until there is a reader.
    #[tokio::test]
    async fn blocked_write_does_not_block_reads() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(opened(folder.path()));
        store.insert("a", vec![1]).await.unwrap();
        let pipe = folder.path().join("a.tmp");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let writing = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.update("a", |record| record.push(2)).await }
        });
        // This test has one thread: if the write blocked it, the test would not continue.
        tokio::task::yield_now().await;
        assert_eq!(store.get("a"), Some(vec![1]));
        assert!(!writing.is_finished());
        writing.abort();
        let reader = tokio::task::spawn_blocking(move || fs::read(pipe));
        // The write completes although its caller was dropped, and then the next one starts.
        let outcome =
            tokio::time::timeout(std::time::Duration::from_secs(30), store.insert("b", vec![])).await;
        outcome.expect("the first write has ended").unwrap();
        assert!(!reader.await.unwrap().unwrap().is_empty());
    }
}
