//! Limits of S3 ("Amazon S3 objects overview", "Amazon S3 multipart upload limits"), in bytes unless said otherwise.

/// The maximum size of an object, 5 TiB.
pub const MAX_OBJECT_SIZE: u64 = 5 << 40;

/// The maximum size of a POST, 5 GiB.
pub const MAX_POST_SIZE: u64 = 5 << 30;

/// The maximum size of a part, 5 GiB.
pub const MAX_PART_SIZE: u64 = 5 << 30;

/// The maximum number of parts.
pub const MAX_PARTS: u32 = 10_000;

/// The maximum length of an object key. S3 counts bytes; a key has at most as many characters.
pub const MAX_KEY_LENGTH: u64 = 1024;
