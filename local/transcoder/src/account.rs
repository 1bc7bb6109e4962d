//! The account and the region that ARNs name.

/// An AWS account in one region.
#[derive(Debug, Clone)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Such as `us-east-1`.
    pub region: String,
}

impl Account {
    /// Returns the ARN of a service's resource, such as `job/1700000000000-abcdef`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.id)
    }
}
