//! Lists: queries on the table or an index, never a scan.

use aws_sdk_dynamodb::types::AttributeValue;
use model::identifier::project_step;
use model::{Mail, Project, Response, Step, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Attributes, ResponsesTable, TableError, response, text};
use crate::CallError;

/// Part of a list.
#[derive(Debug)]
pub struct Page<P> {
    /// The responses.
    pub responses: Vec<Response>,
    /// Where the next part begins; `None` at the end.
    pub next: Option<P>,
}

/// A place in the list of a step: behind which response the next part begins. Dated responses come first,
/// the newest at the top; then those of the Chalice project, which have no date, by mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// Behind a response with a date.
    Dated {
        /// Its `CreatedAt`.
        created_at: Timestamp,
        /// Its mail.
        mail: String,
    },
    /// At the beginning of those without a date, or behind one of them.
    Undated {
        /// Its mail.
        mail: Option<String>,
    },
}

impl ResponsesTable {
    /// The responses to a step; at most `limit`, and fewer only at the end.
    pub async fn list_step(
        &self,
        project: &Project,
        step: Step,
        limit: usize,
        from: Option<Position>,
    ) -> Result<Page<Position>, TableError> {
        let partition = project_step(project, step);
        let mut responses = Vec::new();
        let mut next = Some(from);
        while let Some(position) = next.take().filter(|_| responses.len() < limit) {
            let missing = limit - responses.len();
            let part = match position {
                Some(Position::Undated { mail }) => self.undated(&partition, missing, mail).await?,
                dated => self.dated(&partition, missing, dated).await?,
            };
            responses.extend(part.responses);
            next = part.next.map(Some);
            if responses.len() >= limit {
                return Ok(Page {
                    responses,
                    next: next.flatten(),
                });
            }
        }
        Ok(Page {
            responses,
            next: None,
        })
    }

    async fn dated(
        &self,
        partition: &str,
        limit: usize,
        from: Option<Position>,
    ) -> Result<Page<Position>, TableError> {
        let behind = match from {
            Some(Position::Dated { created_at, mail }) => Some(attributes([
                ("ProjectStep", partition),
                ("CreatedAt", &created_at.to_string()),
                ("Mail", &mail),
            ])),
            _ => None,
        };
        let query = self.client.query().table_name(&self.name).index_name("ByStep");
        let query = query
            .key_condition_expression("ProjectStep = :step")
            .scan_index_forward(false);
        let query = query.expression_attribute_values(":step", text(partition));
        let query = query.limit(page_size(limit)).set_exclusive_start_key(behind);
        let answer = query
            .send()
            .await
            .map_err(|error| CallError::new("Query", error))?;
        let last = answer.last_evaluated_key;
        let responses = read(answer.items)?;
        let next = last.and_then(|_| responses.last()).and_then(|last| {
            Some(Position::Dated {
                created_at: last.created_at?,
                mail: last.key.mail.to_string(),
            })
        });
        Ok(Page {
            responses,
            next: next.or(Some(Position::Undated { mail: None })),
        })
    }

    /// No index holds those without a date, so each part reads through the step's items, in pages that
    /// DynamoDB bounds.
    async fn undated(
        &self,
        partition: &str,
        limit: usize,
        from: Option<String>,
    ) -> Result<Page<Position>, TableError> {
        let behind = from.map(|mail| attributes([("ProjectStep", partition), ("Mail", &mail)]));
        let query = self.client.query().table_name(&self.name);
        let query = query.key_condition_expression("ProjectStep = :step");
        let query = query.filter_expression("attribute_not_exists(CreatedAt)");
        let query = query
            .expression_attribute_values(":step", text(partition))
            .set_exclusive_start_key(behind);
        let answer = query
            .send()
            .await
            .map_err(|error| CallError::new("Query", error))?;
        let mut responses = read(answer.items)?;
        let mail_of =
            |attributes: &Attributes| attributes.get("Mail").and_then(|mail| mail.as_s().ok()).cloned();
        let next = if responses.len() > limit {
            responses.truncate(limit);
            responses.last().map(|last| last.key.mail.to_string())
        } else {
            answer.last_evaluated_key.as_ref().and_then(mail_of)
        };
        Ok(Page {
            responses,
            next: next.map(|mail| Position::Undated { mail: Some(mail) }),
        })
    }

    /// The responses of a respondent, by project and step; at most `limit`. A place is the `ProjectStep`
    /// behind which the next part begins.
    pub async fn list_mail(
        &self,
        mail: &Mail,
        limit: usize,
        from: Option<String>,
    ) -> Result<Page<String>, TableError> {
        let behind = from.map(|partition| attributes([("Mail", mail.as_str()), ("ProjectStep", &partition)]));
        let query = self.client.query().table_name(&self.name).index_name("ByMail");
        let query = query
            .key_condition_expression("Mail = :mail")
            .limit(page_size(limit));
        let query = query
            .expression_attribute_values(":mail", text(mail.as_str()))
            .set_exclusive_start_key(behind);
        let answer = query
            .send()
            .await
            .map_err(|error| CallError::new("Query", error))?;
        let last = answer.last_evaluated_key;
        let responses = read(answer.items)?;
        let next = last
            .and_then(|_| responses.last())
            .map(|last| last.key.project_step());
        Ok(Page { responses, next })
    }
}

fn page_size(limit: usize) -> i32 {
    i32::try_from(limit).unwrap_or(i32::MAX)
}

fn attributes<const N: usize>(entries: [(&str, &str); N]) -> Attributes {
    entries
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned())))
        .into()
}

fn read(items: Option<Vec<Attributes>>) -> Result<Vec<Response>, TableError> {
    items.unwrap_or_default().into_iter().map(response).collect()
}
