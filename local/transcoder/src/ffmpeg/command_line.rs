//! Pieces of ffmpeg's command line.

/// The containers that are read. Playlists and scripts are not among them: they would name other files to open.
const FORMATS: &str = "mov,matroska,avi,asf,flv,live_flv,mpeg,mpegts,mxf,ogg,wav,mp3,aac";

/// Returns arguments that keep an untrusted input from opening any file but itself; they go before its `-i`.
pub fn untrusted_input() -> Vec<String> {
    let mut arguments = words("-protocol_whitelist file,pipe -format_whitelist");
    arguments.push(FORMATS.into());
    arguments
}

/// Splits a text without quotes into words.
pub fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
