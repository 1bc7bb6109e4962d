//! Records on disk: one JSON file each, whole or absent, with a copy in memory to read from.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::page::{Asked, Page};

/// Why a record could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// A file is there that does not hold such a record.
    #[error("{} is damaged ({source}); move it away and start again", path.display())]
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
}

/// The records of one kind, by identifier. A change is on disk before it is seen in memory.
#[derive(Debug)]
pub struct Store<T> {
    folder: PathBuf,
    records: RwLock<BTreeMap<String, T>>,
}

impl<T: Clone + Serialize + DeserializeOwned> Store<T> {
    /// Reads a folder, which is made where it is missing. What an interrupted write left behind is removed.
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
        Ok(Self {
            folder,
            records: RwLock::new(records),
        })
    }

    /// One record.
    pub fn get(&self, id: &str) -> Option<T> {
        self.lock().get(id).cloned()
    }

    /// Whether a record is there of which something holds; it is looked at where it is, not copied.
    pub fn holds(&self, id: &str, test: impl FnOnce(&T) -> bool) -> bool {
        self.lock().get(id).is_some_and(test)
    }

    /// The identifiers in use, oldest first.
    pub fn ids(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// The records that match, oldest first.
    pub fn filter(&self, matches: impl Fn(&T) -> bool) -> Vec<T> {
        self.lock()
            .values()
            .filter(|record| matches(record))
            .cloned()
            .collect()
    }

    /// A page of the records that match. Only what is on it is copied: a list may be long, and is asked for often.
    pub fn page(&self, asked: Asked<'_>, matches: impl Fn(&T) -> bool) -> Page<T> {
        let token = asked.token.map_or(Bound::Unbounded, Bound::Included);
        let records = self.lock();
        let ordered: Box<dyn Iterator<Item = (&String, &T)>> = if asked.ascending {
            Box::new(records.range::<str, _>((token, Bound::Unbounded)))
        } else {
            Box::new(records.range::<str, _>((Bound::Unbounded, token)).rev())
        };
        let mut found = ordered.filter(|(_, record)| matches(record));
        let items = found.by_ref().take(asked.size);
        let items = items.map(|(_, record)| record.clone()).collect();
        let next = found.next().map(|(id, _)| id.clone());
        Page { items, next }
    }

    /// How many records match.
    pub fn count(&self, matches: impl Fn(&T) -> bool) -> usize {
        let records = self.lock();
        records.values().filter(|record| matches(record)).count()
    }

    /// The oldest identifier whose record matches.
    pub fn first(&self, matches: impl Fn(&str, &T) -> bool) -> Option<String> {
        self.lock()
            .iter()
            .find(|(id, record)| matches(id, record))
            .map(|(id, _)| id.clone())
    }

    /// Keeps a record.
    pub fn insert(&self, id: &str, record: T) -> Result<(), StoreError> {
        self.insert_unless(id, record, |_| false).map(drop)
    }

    /// Keeps a new record, unless there is one that does instead; answers the one that is there now.
    pub fn insert_unless(&self, id: &str, record: T, instead: impl Fn(&T) -> bool) -> Result<T, StoreError> {
        let mut records = self.lock_to_write();
        if let Some(there) = records.values().rev().find(|there| instead(there)) {
            return Ok(there.clone());
        }
        self.write(id, &record)?;
        records.insert(id.to_owned(), record.clone());
        Ok(record)
    }

    /// Changes a record; where the change cannot be written the record stays as it was.
    pub fn update(&self, id: &str, change: impl FnOnce(&mut T)) -> Result<T, StoreError> {
        let mut records = self.lock_to_write();
        let mut record = records
            .get(id)
            .cloned()
            .ok_or_else(|| StoreError::Missing(id.to_owned()))?;
        change(&mut record);
        self.write(id, &record)?;
        records.insert(id.to_owned(), record.clone());
        Ok(record)
    }

    /// Changes a record in memory even where the disk refuses it. For the end of a job: its outcome must be seen, and
    /// after a restart the job simply runs again.
    pub fn settle(&self, id: &str, change: impl FnOnce(&mut T)) -> Result<T, StoreError> {
        let mut records = self.lock_to_write();
        let mut record = records
            .get(id)
            .cloned()
            .ok_or_else(|| StoreError::Missing(id.to_owned()))?;
        change(&mut record);
        let written = self.write(id, &record);
        records.insert(id.to_owned(), record.clone());
        written.map(|()| record)
    }

    /// Forgets a record.
    pub fn remove(&self, id: &str) -> Result<(), StoreError> {
        let mut records = self.lock_to_write();
        let path = self.path(id);
        fs::remove_file(&path).map_err(failed("remove", &path))?;
        records.remove(id);
        Ok(())
    }

    /// Temporary file, fsync, rename, fsync of the folder: a reader finds the old record or the new one.
    fn write(&self, id: &str, record: &T) -> Result<(), StoreError> {
        let text = serde_json::to_vec_pretty(record)?;
        let temporary = self.folder.join(format!("{id}.tmp"));
        let written = write_through(&temporary, &text)
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

    // A panic while the lock was held cannot leave a half-changed map: changes are made on a copy.
    fn lock(&self) -> RwLockReadGuard<'_, BTreeMap<String, T>> {
        self.records.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_to_write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, T>> {
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

    #[test]
    fn records_survive_a_restart_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path());
        store.insert("b", vec![2]).unwrap();
        store.insert("a", vec![1]).unwrap();
        store.update("b", |record| record.push(3)).unwrap();
        store.insert("c", vec![]).unwrap();
        store.remove("c").unwrap();
        let again = opened(folder.path());
        assert_eq!(again.filter(|_| true), [vec![1], vec![2, 3]]);
    }

    #[test]
    fn a_refused_write_changes_nothing_and_leaves_no_half_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path());
        store.insert("a", vec![1]).unwrap();
        // A folder of that name is in the temporary file's way, as a full disk would be; root may write anywhere.
        fs::create_dir(folder.path().join("a.tmp")).unwrap();
        let error = store.update("a", |record| record.push(2)).unwrap_err();
        assert!(error.to_string().starts_with("cannot write "), "{error}");
        assert_eq!(store.get("a"), Some(vec![1]));
        assert!(store.settle("a", |record| record.push(3)).is_err());
        assert_eq!(
            store.get("a"),
            Some(vec![1, 3]),
            "an outcome is seen even where it cannot be kept"
        );
        fs::remove_dir(folder.path().join("a.tmp")).unwrap();
        assert_eq!(opened(folder.path()).get("a"), Some(vec![1]));
    }

    #[test]
    fn leftovers_go_and_damage_is_named() {
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
    fn a_page_copies_what_is_on_it_however_many_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let store: Store<Counted> = Store::open(folder.path().to_owned()).unwrap();
        let copies = Arc::<AtomicUsize>::default();
        for number in 0..3_000 {
            let copies = Arc::clone(&copies);
            let record = Counted { number, copies };
            store.lock_to_write().insert(format!("{number:04}"), record);
        }
        let even = |record: &Counted| record.number.is_multiple_of(2);
        for ascending in [true, false] {
            let (mut seen, mut token) = (Vec::new(), None::<String>);
            loop {
                let asked = Asked {
                    ascending,
                    token: token.as_deref(),
                    size: 50,
                };
                let before = copies.load(Relaxed);
                let page = store.page(asked, even);
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
}
