//! Pages of lists, for the routes that list responses.

use aws::table::{Cursor, ListQuery};
use model::Status;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::App;
use crate::problem::Problem;
use crate::views::VideoResponse;

/// The maximum and the default number of responses in a page.
pub const MAX_PAGE_SIZE: usize = 100;
pub const DEFAULT_PAGE_SIZE: usize = 50;

/// Which page of a list. The fields are text, so that a problem can name the invalid one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageParams {
    /// The maximum number of responses in the page.
    #[schemars(with = "Option<usize>", range(min = 1, max = MAX_PAGE_SIZE), extend("default" = DEFAULT_PAGE_SIZE))]
    pub limit: Option<String>,
    /// Where the page begins: the cursor of the page before it.
    pub cursor: Option<String>,
}

/// Which page of a list of responses with one status or with any.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    /// Only responses with this status.
    #[schemars(with = "Option<Status>")]
    pub status: Option<String>,
    /// The maximum number of responses in the page.
    #[schemars(with = "Option<usize>", range(min = 1, max = MAX_PAGE_SIZE), extend("default" = DEFAULT_PAGE_SIZE))]
    pub limit: Option<String>,
    /// Where the page begins: the cursor of the page before it.
    pub cursor: Option<String>,
}

impl ListParams {
    /// Returns the status, if there is one, and the page.
    pub fn split(self) -> Result<(Option<Status>, PageParams), Problem> {
        let status = self.status.as_deref().map(str::parse).transpose()?;
        let (limit, cursor) = (self.limit, self.cursor);
        Ok((status, PageParams { limit, cursor }))
    }
}

/// A page of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "Response page")]
pub struct ResponsePage {
    /// The responses, without playback URLs.
    #[schemars(length(max = MAX_PAGE_SIZE))]
    responses: Vec<VideoResponse>,
    /// Where the next page begins: the parameter `cursor` of the next request for the same list. Absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

impl App {
    /// Returns a page of a list. A cursor is valid for the list that it came from.
    pub async fn page(&self, list: &ListQuery, params: &PageParams) -> Result<ResponsePage, Problem> {
        let limit = params
            .limit
            .as_deref()
            .map_or(Ok(DEFAULT_PAGE_SIZE), parse_limit)?;
        let context = serde_json::to_vec(&("cursor", list)).unwrap_or_default();
        let from: Option<Cursor> = match &params.cursor {
            None => None,
            Some(cursor) => {
                let cursor = self.cipher.decrypt(&context, cursor).await?;
                Some(cursor.ok_or_else(foreign_cursor)?)
            }
        };
        let page = self.table.list(list, limit, from).await?;
        let cursor = match &page.next {
            None => None,
            Some(next) => Some(self.cipher.encrypt(&context, next).await?),
        };
        let views = page
            .responses
            .iter()
            .map(|response| VideoResponse::new(response, None));
        Ok(ResponsePage {
            responses: views.collect(),
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
    let detail =
        "cursor is not of a page of this list: use the cursor of the page before, or begin without one";
    Problem::invalid("cursor", detail)
}
