//! What the API hands out and takes back unread: nobody else can make it, change it, read it, or use it for
//! another purpose than it was made for.

use aws::secret::Secret;
use aws_smithy_types::base64;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use crate::problem::Problem;

/// The stage's seal; its secret is read when it is first needed, and kept as long as the function lives.
pub struct Seal {
    secret: Secret,
    keys: OnceCell<Keys>,
}

impl Seal {
    /// The seal of this secret; nothing is called yet.
    pub fn new(secret: Secret) -> Self {
        Self {
            secret,
            keys: OnceCell::new(),
        }
    }

    /// Seals a value for a purpose.
    pub async fn close<T: Serialize>(&self, purpose: &[u8], value: &T) -> Result<String, Problem> {
        let sealed = self.keys().await?.close(purpose, value);
        sealed.ok_or_else(|| Problem::unsealed("a value could not be sealed"))
    }

    /// The value that was sealed for this purpose; `None` when it was not.
    pub async fn open<T: DeserializeOwned>(&self, purpose: &[u8], text: &str) -> Result<Option<T>, Problem> {
        Ok(self.keys().await?.open(purpose, text))
    }

    async fn keys(&self) -> Result<&Keys, Problem> {
        let read = || async {
            let keys = Keys::new(&self.secret.read().await?);
            keys.ok_or_else(|| Problem::unsealed("no key can be made of the secret"))
        };
        self.keys.get_or_try_init(read).await
    }
}

/// The nonce is made from purpose and content (as in RFC 8452): the same value gives the same text, and no
/// counter or source of randomness has to be trusted.
struct Keys {
    cipher: LessSafeKey,
    nonce: hmac::Key,
}

impl Keys {
    fn new(secret: &str) -> Option<Self> {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let derive = |name: &str| hmac::sign(&secret, name.as_bytes());
        // SHA-256 gives the 32 bytes that the cipher takes.
        let cipher = UnboundKey::new(&CHACHA20_POLY1305, derive("seal: cipher").as_ref()).ok()?;
        let nonce = hmac::Key::new(hmac::HMAC_SHA256, derive("seal: nonce").as_ref());
        let cipher = LessSafeKey::new(cipher);
        Some(Self { cipher, nonce })
    }

    fn close<T: Serialize>(&self, purpose: &[u8], value: &T) -> Option<String> {
        let mut content = serde_json::to_vec(value).ok()?;
        let mut context = hmac::Context::with_key(&self.nonce);
        context.update(&(purpose.len() as u64).to_be_bytes());
        context.update(purpose);
        context.update(&content);
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&context.sign().as_ref()[..NONCE_LEN]);
        let sealed = self.cipher.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(purpose),
            &mut content,
        );
        sealed.ok()?;
        Some(encode(&[&nonce[..], &content].concat()))
    }

    fn open<T: DeserializeOwned>(&self, purpose: &[u8], text: &str) -> Option<T> {
        let bytes = decode(text)?;
        let (nonce, content) = bytes.split_at_checked(NONCE_LEN)?;
        let (nonce, mut content) = (Nonce::try_assume_unique_for_key(nonce).ok()?, content.to_vec());
        let content = self
            .cipher
            .open_in_place(nonce, Aad::from(purpose), &mut content)
            .ok()?;
        serde_json::from_slice(content).ok()
    }
}

/// Base64 that needs no escaping in a query or a header (RFC 4648, section 5, without padding).
fn encode(bytes: &[u8]) -> String {
    base64::encode(bytes)
        .replace('+', "-")
        .replace('/', "_")
        .replace('=', "")
}

fn decode(text: &str) -> Option<Vec<u8>> {
    if text.contains(['+', '/', '=']) {
        return None;
    }
    let mut text = text.replace('-', "+").replace('_', "/");
    text.push_str(&"=".repeat(text.len().wrapping_neg() % 4));
    base64::decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn what_was_sealed_comes_back_and_nothing_else_does() {
        let keys = Keys::new(SECRET).unwrap();
        for value in ["", "a", "ab", "abc", "ann@example.com?>~"] {
            let sealed = keys.close(b"cursor", &value).unwrap();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            assert!(sealed.bytes().all(plain), "{sealed}");
            assert!(!sealed.contains("ann"), "nobody reads it");
            assert_eq!(keys.open::<String>(b"cursor", &sealed).as_deref(), Some(value));
            assert_eq!(
                keys.open::<String>(b"token", &sealed),
                None,
                "for another purpose"
            );
            let other = Keys::new("another secret, just as long as it must be").unwrap();
            assert_eq!(other.open::<String>(b"cursor", &sealed), None, "of another stage");
        }
        for odd in ["", "x", "%%%", "e30", "ä", &"A".repeat(1000)] {
            assert_eq!(keys.open::<String>(b"cursor", odd), None, "{odd}");
        }
    }

    #[test]
    fn no_character_can_be_changed() {
        let keys = Keys::new(SECRET).unwrap();
        let sealed = keys.close(b"cursor", &"ann@example.com").unwrap();
        for at in 0..sealed.len() {
            for other in ["A", "B", "-", "="] {
                let mut changed = sealed.clone();
                changed.replace_range(at..=at, other);
                // The last character has bits that mean nothing.
                if changed != sealed && at + 1 < sealed.len() {
                    assert_eq!(keys.open::<String>(b"cursor", &changed), None, "{changed}");
                }
            }
        }
    }
}
