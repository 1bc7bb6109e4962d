//! A job's settings as on_upload might send them.

use serde_json::{Value, json};

/// A film for the web and one still of it.
pub fn settings() -> Value {
    json!({
        "timecodeConfig": { "source": "ZEROBASED" },
        "inputs": [{
            "fileInput": "s3://uploads/raw/a b+ç.v1.mov",
            "timecodeSource": "ZEROBASED",
            "videoSelector": { "rotate": "AUTO" },
            "audioSelectors": { "Audio Selector 1": { "defaultSelection": "DEFAULT" } },
        }],
        "outputGroups": [{
            "name": "File Group",
            "outputGroupSettings": {
                "type": "FILE_GROUP_SETTINGS",
                "fileGroupSettings": { "destination": "s3://renditions/output/web/demo/0/hash/take-1" },
            },
            "outputs": [
                {
                    "containerSettings": { "container": "MP4", "mp4Settings": { "moovPlacement": "PROGRESSIVE_DOWNLOAD" } },
                    "nameModifier": "-web",
                    "videoDescription": {
                        "width": 1280, "height": 720, "scalingBehavior": "FIT_NO_UPSCALE",
                        "codecSettings": {
                            "codec": "H_264",
                            "h264Settings": {
                                "rateControlMode": "CBR", "bitrate": 2_200_000, "codecProfile": "MAIN", "codecLevel": "LEVEL_3_1",
                                "framerateControl": "SPECIFIED", "framerateNumerator": 30, "framerateDenominator": 1,
                                "numberReferenceFrames": 3, "gopSize": 90.0, "gopSizeUnits": "FRAMES",
                            },
                        },
                    },
                    "audioDescriptions": [{
                        "audioSourceName": "Audio Selector 1",
                        "codecSettings": {
                            "codec": "AAC",
                            "aacSettings": { "bitrate": 160_000, "codecProfile": "LC", "codingMode": "CODING_MODE_2_0", "sampleRate": 44_100 },
                        },
                    }],
                },
                {
                    "containerSettings": { "container": "RAW" },
                    "nameModifier": "-poster",
                    "videoDescription": {
                        "width": 192, "height": 108, "scalingBehavior": "FIT_NO_UPSCALE",
                        "codecSettings": {
                            "codec": "FRAME_CAPTURE",
                            "frameCaptureSettings": { "framerateNumerator": 1, "framerateDenominator": 60, "maxCaptures": 1, "quality": 80 },
                        },
                    },
                },
            ],
        }],
    })
}
