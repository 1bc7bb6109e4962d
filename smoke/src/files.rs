//! The files that the smoke test uploads.

/// A video of two seconds, 320x240, H.264 and AAC. Made by ffmpeg 9.0:
/// `ffmpeg -f lavfi -i smptebars=size=320x240:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000 -t 2
/// -c:v libx264 -preset veryslow -pix_fmt yuv420p -c:a aac -b:a 32k -ac 1 -movflags +faststart -map_metadata -1
/// -fflags +bitexact -flags:v +bitexact -flags:a +bitexact clip.mp4`.
pub const CLIP: &[u8] = include_bytes!("clip.mp4");

/// A file that every engine refuses, because it is not a video.
pub const TEXT: &[u8] = b"This file is a text, although its media type says video/mp4.\n";

/// Size of a `free` box's header, in bytes.
const BOX_HEADER: usize = 8;

/// The clip, padded to `size` bytes with a `free` box, which players skip.
#[derive(Clone, Copy, Debug)]
pub struct PaddedClip {
    /// Size of the whole file, in bytes.
    pub size: usize,
}

impl PaddedClip {
    /// Returns at most `length` bytes from `start` on.
    pub fn bytes(self, start: usize, length: usize) -> Vec<u8> {
        let end = self.size.min(start.saturating_add(length));
        let padding = u32::try_from(self.size - CLIP.len()).unwrap_or(u32::MAX);
        let header = [padding.to_be_bytes(), *b"free"].concat();
        let mut bytes = vec![0; end.saturating_sub(start)];
        for (offset, source) in [(0, CLIP), (CLIP.len(), &header[..])] {
            let from = start.max(offset);
            let to = end.min(offset + source.len());
            if from < to {
                bytes[from - start..to - start].copy_from_slice(&source[from - offset..to - offset]);
            }
        }
        bytes
    }
}

const _: () = assert!(CLIP.len() > BOX_HEADER);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_a_box_that_ends_with_the_file() {
        let file = PaddedClip {
            size: CLIP.len() + 1000,
        };
        let whole = file.bytes(0, usize::MAX);
        assert_eq!(whole.len(), file.size);
        assert_eq!(&whole[..CLIP.len()], CLIP);
        let rest = &whole[CLIP.len()..];
        assert_eq!(&rest[..BOX_HEADER], b"\0\0\x03\xe8free");
        assert!(rest[BOX_HEADER..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn parts_are_the_whole_file() {
        let file = PaddedClip {
            size: CLIP.len() + 1000,
        };
        let whole = file.bytes(0, usize::MAX);
        for part_size in [1000, CLIP.len() + 3] {
            let parts = (0..file.size).step_by(part_size);
            let joined: Vec<u8> = parts.flat_map(|start| file.bytes(start, part_size)).collect();
            assert!(joined == whole, "{part_size}");
        }
    }
}
