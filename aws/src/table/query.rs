//! Lists: queries on the table or an index, never a scan.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use model::identifier::project_step;
use model::{Email, EmailHash, Project, Response, ResponseKey, Status, Step, Timestamp};
use serde::{Deserialize, Serialize};

use super::item::{HASH_KEY, RANGE_KEY, project_status, project_step_status};
use super::{Attributes, ResponsesTable, TableError, response, text};
use crate::AwsError;

/// A page of a list.
#[derive(Debug)]
pub struct ListPage {
    /// The responses.
    pub responses: Vec<Response>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

/// A position in a list: the item after which the next page begins. It is valid for the list that it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The index of the section of the list.
    section: usize,
    /// The key of the item; absent at the beginning of the section.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    after: BTreeMap<String, String>,
}

/// The page size of overdue responses.
const OVERDUE_PAGE: i32 = 100;

/// A page of overdue responses.
#[derive(Debug)]
pub struct OverduePage {
    /// The keys of the responses.
    pub keys: Vec<ResponseKey>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<OverdueCursor>,
}

/// A position in a partition of the index of open responses.
#[derive(Debug)]
pub struct OverdueCursor(Attributes);

/// A query of a list: sections in sequence, each in an order that does not depend on changes of responses.
///
/// Its serialized form is unique.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListQuery(Vec<QuerySection>);

/// The items of one partition of the table or of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct QuerySection {
    index: Option<&'static str>,
    attribute: &'static str,
    value: String,
    newest_first: bool,
    undated_only: bool,
}

impl QuerySection {
    fn by_date(index: &'static str, attribute: &'static str, value: String) -> Self {
        Self {
            index: Some(index),
            attribute,
            value,
            newest_first: true,
            undated_only: false,
        }
    }

    fn by_email(email: &Email) -> Self {
        Self {
            newest_first: false,
            ..Self::by_date("ByMail", RANGE_KEY, email.to_string())
        }
    }

    /// Items of the Chalice project have no date, and no index holds them by step.
    fn undated(partition: String) -> Self {
        Self {
            index: None,
            attribute: HASH_KEY,
            value: partition,
            newest_first: false,
            undated_only: true,
        }
    }
}

impl ListQuery {
    /// Returns the query of the responses to a step, newest first, with one status or any. In an `adopted` table, the
    /// items of the Chalice project follow, by email.
    pub fn of_step(project: &Project, step: Step, status: Option<Status>, adopted: bool) -> Self {
        let partition = project_step(project, step);
        let Some(status) = status else {
            let dated = QuerySection::by_date("ByStep", HASH_KEY, partition.clone());
            let undated = adopted.then(|| QuerySection::undated(partition));
            return Self(std::iter::once(dated).chain(undated).collect());
        };
        let partition = project_step_status(project, step, status);
        Self(vec![QuerySection::by_date(
            "ByStepStatus",
            "ProjectStepStatus",
            partition,
        )])
    }

    /// Returns the query of the responses to all steps of a project, newest first, with one status or any.
    pub fn of_project(project: &Project, status: Option<Status>) -> Self {
        let section = match status {
            None => QuerySection::by_date("ByProject", "Project", project.to_string()),
            Some(status) => QuerySection::by_date(
                "ByProjectStatus",
                "ProjectStatus",
                project_status(project, status),
            ),
        };
        Self(vec![section])
    }

    /// Returns the query of a respondent's responses, by project and step. An item of the Chalice project may have
    /// capitals in its email and matches only that spelling, so `stored` is the email as the caller wrote it.
    pub fn of_email(email: &Email, stored: &Email) -> Self {
        let candidates = std::iter::once(email).chain(Some(stored).filter(|stored| *stored != email));
        Self(candidates.map(QuerySection::by_email).collect())
    }
}

impl ResponsesTable {
    /// Returns a page: at most `limit` responses, and fewer only at the end, or among items of the Chalice project, which
    /// must be filtered. It costs one query for each section that it reads.
    pub async fn list(
        &self,
        list: &ListQuery,
        limit: usize,
        from: Option<Cursor>,
    ) -> Result<ListPage, TableError> {
        let mut cursor = from.unwrap_or_default();
        let mut responses = Vec::new();
        while let Some(section) = list.0.get(cursor.section) {
            let after = std::mem::take(&mut cursor.after);
            let (found, last) = self.section(section, limit - responses.len(), after).await?;
            responses.extend(found);
            cursor = match last {
                Some(after) => Cursor { after, ..cursor },
                None => Cursor {
                    section: cursor.section + 1,
                    ..Cursor::default()
                },
            };
            if !cursor.after.is_empty() || responses.len() >= limit {
                break;
            }
        }
        let next = (cursor.section < list.0.len()).then_some(cursor);
        Ok(ListPage { responses, next })
    }

    /// Returns items of a section, and the key of the last one if more may follow.
    async fn section(
        &self,
        section: &QuerySection,
        limit: usize,
        after: BTreeMap<String, String>,
    ) -> Result<(Vec<Response>, Option<BTreeMap<String, String>>), TableError> {
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .set_index_name(section.index.map(str::to_owned))
            .key_condition_expression("#partition = :partition")
            .expression_attribute_names("#partition", section.attribute)
            .expression_attribute_values(":partition", text(&section.value))
            .scan_index_forward(!section.newest_first)
            .set_exclusive_start_key(Some(attributes(after)).filter(|after| !after.is_empty()));
        query = if section.undated_only {
            // DynamoDB limits the size of a query's page and returns the last key it read.
            query.filter_expression("attribute_not_exists(CreatedAt)")
        } else {
            query.limit(page_size(limit))
        };
        let answer = query
            .send()
            .await
            .map_err(|error| AwsError::new("Query", error))?;
        let mut items = answer.items.unwrap_or_default();
        let mut last = answer.last_evaluated_key.map(texts);
        if items.len() > limit {
            items.truncate(limit);
            last = items.last().map(item_key_of);
        }
        Ok((items.into_iter().filter_map(readable).collect(), last))
    }

    /// Returns the response to a step whose respondent's email has this hash. No index has hashes, so this reads all
    /// responses to the step: only for rare cases.
    pub async fn find(
        &self,
        project: &Project,
        step: Step,
        hash: &EmailHash,
    ) -> Result<Option<ResponseKey>, TableError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("ProjectStep = :step")
            .expression_attribute_values(":step", text(&project_step(project, step)))
            .projection_expression(RANGE_KEY)
            .into_paginator()
            .items()
            .send();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| AwsError::new("Query", error))?;
            let email = item.get(RANGE_KEY).and_then(|email| email.as_s().ok());
            if let Some(email) = email.and_then(|email| Email::stored(email).ok())
                && email.hash() == *hash
            {
                let project = project.clone();
                return Ok(Some(ResponseKey { project, step, email }));
            }
        }
        Ok(None)
    }

    /// Returns a page of the overdue responses in one partition of the index of open responses, the longest overdue
    /// first, from the beginning or after an earlier page.
    pub async fn overdue(
        &self,
        shard: u8,
        now: Timestamp,
        after: Option<OverdueCursor>,
    ) -> Result<OverduePage, TableError> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name("Open")
            .key_condition_expression("OpenShard = :shard AND DueAt <= :now")
            .expression_attribute_values(":shard", AttributeValue::N(shard.to_string()))
            .expression_attribute_values(":now", text(&now.to_string()))
            .set_exclusive_start_key(after.map(|OverdueCursor(key)| key))
            .limit(OVERDUE_PAGE);
        let answer = query
            .send()
            .await
            .map_err(|error| AwsError::new("Query", error))?;
        let items = answer.items.unwrap_or_default().into_iter();
        Ok(OverduePage {
            keys: items.filter_map(readable).map(|response| response.key).collect(),
            next: answer.last_evaluated_key.map(OverdueCursor),
        })
    }
}

/// Skips and logs an item that is not a response, so that the list still returns the others.
fn readable(item: Attributes) -> Option<Response> {
    let read = response(item);
    read.inspect_err(|error| {
        tracing::error!(
            error = error.to_string(),
            "skipped an item that is not a response"
        )
    })
    .ok()
}

fn page_size(limit: usize) -> i32 {
    i32::try_from(limit).unwrap_or(i32::MAX)
}

fn attributes(key: BTreeMap<String, String>) -> Attributes {
    key.into_iter()
        .map(|(name, value)| (name, AttributeValue::S(value)))
        .collect()
}

/// A key of the table or of an index; all of its attributes are strings.
fn texts(key: Attributes) -> BTreeMap<String, String> {
    let text = |(name, value): (String, AttributeValue)| Some((name, value.as_s().ok()?.clone()));
    key.into_iter().filter_map(text).collect()
}

fn item_key_of(item: &Attributes) -> BTreeMap<String, String> {
    let key = [HASH_KEY, RANGE_KEY].into_iter();
    texts(
        key.filter_map(|name| Some((name.to_owned(), item.get(name)?.clone())))
            .collect(),
    )
}
