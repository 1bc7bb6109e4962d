//! The buckets, accessed as the operator.

use std::collections::BTreeSet;
use std::path::Path;

use aws_sdk_s3::primitives::ByteStream;

use crate::{Respondent, Stack};

impl Stack {
    /// Puts a file into the uploads bucket by hand, with or without the metadata that names a respondent;
    /// returns the version.
    #[track_caller]
    pub fn put_upload(&self, key: &str, email: Option<&str>, file: &Path) -> Option<String> {
        self.put(&self.info.uploads_bucket, key, email, file)
    }

    /// Puts a file into a bucket; returns the version.
    #[track_caller]
    pub fn put(&self, bucket: &str, key: &str, email: Option<&str>, file: &Path) -> Option<String> {
        let put = self.s3().put_object().bucket(bucket).key(key);
        let put = put.set_metadata(email.map(|email| [("email".to_owned(), email.to_owned())].into()));
        let stored = self.run(async {
            let body = ByteStream::from_path(file).await.expect("the file is readable");
            put.body(body).send().await
        });
        stored
            .unwrap_or_else(|error| panic!("PutObject: {error:?}"))
            .version_id
    }

    /// Returns the latest version of an upload.
    #[track_caller]
    pub fn version(&self, key: &str) -> String {
        let head = self.s3().head_object().bucket(&self.info.uploads_bucket).key(key);
        let head = self
            .run(head.send())
            .unwrap_or_else(|error| panic!("HeadObject {key}: {error:?}"));
        head.version_id.expect("the bucket has versions")
    }

    /// Deletes the latest version of an upload permanently.
    #[track_caller]
    pub fn remove_upload(&self, key: &str) {
        let version = self.version(key);
        let delete = self
            .s3()
            .delete_object()
            .bucket(&self.info.uploads_bucket)
            .key(key)
            .version_id(version);
        self.run(delete.send())
            .unwrap_or_else(|error| panic!("DeleteObject {key}: {error:?}"));
    }

    /// Returns whether the uploads bucket has this key.
    pub fn has_upload(&self, key: &str) -> bool {
        self.has(&self.info.uploads_bucket, key)
    }

    /// Returns whether the renditions bucket has this key.
    pub fn has_rendition(&self, key: &str) -> bool {
        self.has(&self.info.renditions_bucket, key)
    }

    /// Returns a rendition's bytes.
    #[track_caller]
    pub fn rendition(&self, key: &str) -> Vec<u8> {
        let get = self
            .s3()
            .get_object()
            .bucket(&self.info.renditions_bucket)
            .key(key);
        let bytes = self.run(async {
            let object = get
                .send()
                .await
                .unwrap_or_else(|error| panic!("GetObject {key}: {error:?}"));
            object.body.collect().await
        });
        bytes.expect("the whole object is read").to_vec()
    }

    /// Returns the number of versions and delete markers of a respondent's files and renditions.
    #[track_caller]
    pub fn stored_versions(&self, who: &Respondent<'_>) -> usize {
        let email: model::Email = who.email.parse().expect("a valid email");
        let folder = format!("{}/{}", who.project, who.step);
        let hash = email.hash();
        let uploads = [format!("{folder}/{hash}/"), format!("{folder}/{}", who.email)];
        let uploads = uploads
            .iter()
            .map(|prefix| self.count_versions(&self.info.uploads_bucket, prefix));
        let renditions = format!("output/web/{folder}/{hash}/");
        uploads.sum::<usize>() + self.count_versions(&self.info.renditions_bucket, &renditions)
    }

    /// Returns the keys with a prefix in a bucket, in order; at most a thousand.
    #[track_caller]
    pub fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let list = self.s3().list_objects_v2().bucket(bucket).prefix(prefix);
        let page = self
            .run(list.send())
            .unwrap_or_else(|error| panic!("ListObjectsV2: {error:?}"));
        assert_ne!(page.is_truncated(), Some(true), "{prefix}: more than one page");
        let keys = page.contents().iter().filter_map(|object| object.key());
        keys.map(str::to_owned).collect()
    }

    /// Returns the number of versions and delete markers of the keys with a prefix.
    #[track_caller]
    pub fn count_versions(&self, bucket: &str, prefix: &str) -> usize {
        let list = self.s3().list_object_versions().bucket(bucket).prefix(prefix);
        let page = self
            .run(list.send())
            .unwrap_or_else(|error| panic!("ListObjectVersions: {error:?}"));
        page.versions().len() + page.delete_markers().len()
    }

    /// Returns the number of different contents among the versions of an object, by their ETags.
    #[track_caller]
    pub fn count_contents(&self, bucket: &str, key: &str) -> usize {
        let list = self.s3().list_object_versions().bucket(bucket).prefix(key);
        let page = self
            .run(list.send())
            .unwrap_or_else(|error| panic!("ListObjectVersions: {error:?}"));
        let tags = page.versions().iter().filter_map(|version| version.e_tag());
        tags.collect::<BTreeSet<_>>().len()
    }

    /// Returns the number of multipart uploads of a take that are neither completed nor aborted.
    #[track_caller]
    pub fn unfinished_uploads(&self, folder: &str, take: &str) -> usize {
        let bucket = &self.info.uploads_bucket;
        let list = self.s3().list_multipart_uploads().bucket(bucket).prefix(folder);
        let page = self
            .run(list.send())
            .unwrap_or_else(|error| panic!("ListMultipartUploads: {error:?}"));
        let keys = page.uploads().iter().filter_map(|upload| upload.key());
        keys.filter(|key| key.contains(take)).count()
    }

    fn has(&self, bucket: &str, key: &str) -> bool {
        let found = self.run(self.s3().head_object().bucket(bucket).key(key).send());
        match found {
            Ok(_) => true,
            Err(error)
                if error
                    .raw_response()
                    .is_some_and(|raw| raw.status().as_u16() == 404) =>
            {
                false
            }
            Err(error) => panic!("HeadObject {key}: {error:?}"),
        }
    }
}
