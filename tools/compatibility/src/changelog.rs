//! The changes that the changelog announces.

use crate::version::ReleaseVersion;

/// The names that the sections `### Schemas` of a changelog announce.
#[derive(Clone, Debug, Default)]
pub struct Changelog {
    sections: Vec<Section>,
}

#[derive(Clone, Debug)]
struct Section {
    /// `None` stands for `## Unreleased`.
    version: Option<ReleaseVersion>,
    names: Vec<String>,
}

impl Changelog {
    /// Parses a changelog. A line of `### Schemas` is a list item that names what changed in backticks, before a colon.
    pub fn parse(text: &str) -> Self {
        let mut sections: Vec<Section> = Vec::new();
        let mut announces = false;
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                announces = false;
                let word = heading.split_whitespace().next().unwrap_or_default();
                let word = word.trim_matches(['[', ']']);
                let version = word.parse().ok();
                if version.is_some() || word == "Unreleased" {
                    let names = Vec::new();
                    sections.push(Section { version, names });
                }
            } else if let Some(heading) = line.strip_prefix("### ") {
                announces = heading.trim() == "Schemas";
            } else if announces
                && let (Some(item), Some(section)) = (line.strip_prefix("- "), sections.last_mut())
            {
                section.names.extend(announced(item));
            }
        }
        Self { sections }
    }

    /// Returns whether the changelog allows a change since a released version.
    ///
    /// A version 0.x may break clients. From 1.0 on, none may.
    pub fn allows(&self, names: &[&str], since: ReleaseVersion, current: ReleaseVersion) -> bool {
        let newer = |section: &&Section| match section.version {
            None => current.major == 0,
            Some(version) => version.major == 0 && version > since,
        };
        let mut announced = self
            .sections
            .iter()
            .filter(newer)
            .flat_map(|section| &section.names);
        announced.any(|name| names.contains(&name.as_str()))
    }
}

/// Returns the names in backticks before the first colon.
fn announced(item: &str) -> Vec<String> {
    let subject = item.split_once(": ").map_or(item, |(subject, _)| subject);
    let names = subject.split('`').skip(1).step_by(2);
    names
        .map(|name| name.trim_end_matches(".json").to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Changelog

## Unreleased

### Schemas

- `response`, `listStep`: the field `problem` is new.
- `upload-request.json`: refused.

### Changed

- `issued-upload`: not announced here.

## [0.2.0] - 2026-12-01

### Schemas

- `GET /videos`: gone.
";

    const LATER: &str = "## 1.0.0\n\n### Schemas\n\n- `response`: gone.\n";

    fn version(text: &str) -> ReleaseVersion {
        text.parse().unwrap()
    }

    fn allows(name: &str, since: &str, current: &str) -> bool {
        Changelog::parse(TEXT).allows(&[name], version(since), version(current))
    }

    #[test]
    fn section_allows_what_it_names() {
        for name in ["response", "listStep", "upload-request"] {
            assert!(allows(name, "0.2.0", "0.3.0"), "{name}");
        }
        for name in ["problem", "issued-upload", "deletion-receipt"] {
            assert!(!allows(name, "0.2.0", "0.3.0"), "{name}");
        }
    }

    #[test]
    fn section_of_a_version_allows_changes_since_earlier_versions() {
        assert!(allows("GET /videos", "0.1.0", "0.3.0"));
        assert!(!allows("GET /videos", "0.2.0", "0.3.0"));
        assert!(
            allows("GET /videos", "0.1.0", "1.0.0"),
            "0.2.0 broke it, not 1.0.0"
        );
    }

    #[test]
    fn nothing_allows_a_break_from_1_0_on() {
        assert!(!allows("response", "0.2.0", "1.0.0"));
        assert!(!allows("response", "1.0.0", "1.1.0"));
        let announces_1_0 = Changelog::parse(LATER);
        assert!(!announces_1_0.allows(&["response"], version("0.2.0"), version("1.1.0")));
    }
}
