//! Opaque tokens: encrypted, authenticated and bound to a context. Only this stage can create, read or change them.

use aws::secret::Secret;
use data_encoding::BASE64URL_NOPAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use crate::problem::Problem;

/// Encrypts and decrypts the tokens of a stage. It reads the stage's secret once and keeps it for the life of the
/// execution environment.
pub struct TokenCipher {
    secret: Secret,
    keys: OnceCell<TokenKeys>,
}

impl TokenCipher {
    /// Returns a cipher with the keys of this secret. Makes no call.
    pub fn new(secret: Secret) -> Self {
        Self {
            secret,
            keys: OnceCell::new(),
        }
    }

    /// Reads the secret before it is needed. Ignores a failure: the first use reads it again.
    pub async fn warm(&self) {
        let _ = self.keys().await;
    }

    /// Encrypts a value into a token, which decrypts in the same context only.
    pub async fn encrypt<T: Serialize>(&self, context: &[u8], value: &T) -> Result<String, Problem> {
        let token = self.keys().await?.encrypt(context, value);
        token.ok_or_else(|| Problem::cipher_failed("a value cannot be encrypted"))
    }

    /// Decrypts a token; `None` if it was not encrypted by this stage in this context.
    pub async fn decrypt<T: DeserializeOwned>(
        &self,
        context: &[u8],
        token: &str,
    ) -> Result<Option<T>, Problem> {
        Ok(self.keys().await?.decrypt(context, token))
    }

    async fn keys(&self) -> Result<&TokenKeys, Problem> {
        let read = || async { Ok(TokenKeys::new(&self.secret.read().await?)) };
        self.keys.get_or_try_init(read).await
    }
}

/// Keys derived from the secret, one for each context (HKDF, RFC 5869), so that few tokens share a key. A token is the
/// random nonce, the ciphertext and the tag (ChaCha20-Poly1305, RFC 8439), in base64url without padding (RFC 4648).
struct TokenKeys(Prk);

impl TokenKeys {
    fn new(secret: &str) -> Self {
        Self(Salt::new(HKDF_SHA256, b"video-responses tokens").extract(secret.as_bytes()))
    }

    fn key(&self, context: &[u8]) -> Option<LessSafeKey> {
        let info = [context];
        let key = self.0.expand(&info, &CHACHA20_POLY1305).ok()?;
        Some(LessSafeKey::new(UnboundKey::from(key)))
    }

    fn encrypt<T: Serialize>(&self, context: &[u8], value: &T) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut content = serde_json::to_vec(value).ok()?;
        let key = self.key(context)?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut content)
            .ok()?;
        Some(BASE64URL_NOPAD.encode(&[&nonce[..], &content].concat()))
    }

    fn decrypt<T: DeserializeOwned>(&self, context: &[u8], token: &str) -> Option<T> {
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (nonce, content) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut content = content.to_vec();
        let content = self
            .key(context)?
            .open_in_place(nonce, Aad::empty(), &mut content)
            .ok()?;
        serde_json::from_slice(content).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn token_decrypts_with_its_secret_and_context_only() {
        let keys = TokenKeys::new(SECRET);
        let other = TokenKeys::new("another secret, just as long as it must be");
        for value in ["", "a", "ab", "abc", "ann@example.com?>~"] {
            let token = keys.encrypt(b"cursor", &value).unwrap();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            assert!(token.bytes().all(plain), "{token}");
            assert!(!token.contains("ann"), "the value is readable");
            assert_eq!(keys.decrypt::<String>(b"cursor", &token).as_deref(), Some(value));
            assert_eq!(keys.decrypt::<String>(b"token", &token), None, "another context");
            assert_eq!(other.decrypt::<String>(b"cursor", &token), None, "another secret");
        }
        for odd in ["", "x", "%%%", "e30", "ä", &"A".repeat(1000)] {
            assert_eq!(keys.decrypt::<String>(b"cursor", odd), None, "{odd}");
        }
    }

    #[test]
    fn equal_values_have_different_tokens() {
        let keys = TokenKeys::new(SECRET);
        assert_ne!(keys.encrypt(b"cursor", &"a"), keys.encrypt(b"cursor", &"a"));
    }

    #[test]
    fn changed_token_is_rejected() {
        let keys = TokenKeys::new(SECRET);
        let token = keys.encrypt(b"cursor", &"ann@example.com").unwrap();
        for at in 0..token.len() {
            for other in ["A", "B", "-", "="] {
                let mut changed = token.clone();
                changed.replace_range(at..=at, other);
                if changed != token {
                    assert_eq!(keys.decrypt::<String>(b"cursor", &changed), None, "{changed}");
                }
            }
        }
    }
}
