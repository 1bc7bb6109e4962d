//! An owner's token, from the local stage's Cognito.

use std::time::Duration;

use serde::Deserialize;

use crate::error::Result;
use crate::http::Call;

#[derive(Deserialize)]
struct Answer {
    access_token: String,
}

/// Asks for a token with both scopes.
pub fn request(url: &str, client_id: &str, client_secret: &str) -> Result<String> {
    let answer: Answer = Call::new("POST", url)
        .limit(Duration::from_secs(15))
        .header(
            "authorization",
            format!(
                "Basic {}",
                base64(format!("{client_id}:{client_secret}").as_bytes())
            ),
        )
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials&scope=responses%2Fread+responses%2Fwrite")
        .send("the token endpoint")?
        .json(200, "the token endpoint")?;
    Ok(answer.access_token)
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(letter)
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_pads_as_it_should() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"f"), "Zg==");
        assert_eq!(base64(b"fo"), "Zm8=");
        assert_eq!(base64(b"foo"), "Zm9v");
        assert_eq!(base64(b"Aladdin:open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
