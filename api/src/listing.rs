//! Lists, part by part: what the routes that list share.

use aws::table::{List, Position};
use model::Status;
use model::representation::Representation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::problem::Problem;

/// The most responses of a page, and as many as it has when nothing is said.
pub const MAX_PAGE_SIZE: usize = 100;
pub const USUAL_PAGE: usize = 50;

/// Which part of a list: as text, so that a problem can name what is wrong with it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub limit: Option<String>,
    pub cursor: Option<String>,
}

/// Part of a list, of one status or of any.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilteredPart {
    pub status: Option<String>,
    pub limit: Option<String>,
    pub cursor: Option<String>,
}

impl FilteredPart {
    /// The status, if one is asked for, and which part.
    pub fn split(self) -> Result<(Option<Status>, Part), Problem> {
        let status = self.status.as_deref().map(str::parse).transpose()?;
        let (limit, cursor) = (self.limit, self.cursor);
        Ok((status, Part { limit, cursor }))
    }
}

/// Part of a list.
#[derive(Serialize, JsonSchema)]
pub struct Listed {
    /// The responses, without playback addresses.
    responses: Vec<Representation>,
    /// Where the next part begins, to be given as `cursor` to the same list; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl App {
    /// Part of a list. A cursor is good for the list that it came from.
    pub async fn page(&self, list: &List, part: &Part) -> Result<Listed, Problem> {
        let limit = part.limit.as_deref().map_or(Ok(USUAL_PAGE), parse_limit)?;
        let purpose = serde_json::to_vec(&("cursor", list)).unwrap_or_default();
        let from: Option<Position> = match &part.cursor {
            None => None,
            Some(cursor) => Some(
                self.seal
                    .open(&purpose, cursor)
                    .await?
                    .ok_or_else(foreign_cursor)?,
            ),
        };
        let page = self.table.list(list, limit, from).await?;
        let cursor = match &page.next {
            None => None,
            Some(next) => Some(self.seal.close(&purpose, next).await?),
        };
        let shown = page
            .responses
            .iter()
            .map(|response| Representation::new(response, None));
        Ok(Listed {
            responses: shown.collect(),
            cursor,
        })
    }
}

fn parse_limit(text: &str) -> Result<usize, Problem> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = text
        .parse()
        .ok()
        .filter(|limit| digits && (1..=MAX_PAGE_SIZE).contains(limit));
    limit.ok_or_else(|| Problem::invalid("limit", format!("limit is a number from 1 to {MAX_PAGE_SIZE}")))
}

fn foreign_cursor() -> Problem {
    let detail = "cursor is what an earlier page of this very list gave: leave it out to begin anew";
    Problem::invalid("cursor", detail)
}
