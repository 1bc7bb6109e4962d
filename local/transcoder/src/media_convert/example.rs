//! Example settings of a job, similar to those that on_upload sends.

use serde_json::{Value, json};

/// Returns settings of a video for the web and a frame capture.
pub fn settings() -> Value {
    json!({
        "timecodeConfig": { "source": "ZEROBASED" },
        "inputs": [{
            "fileInput": "s3://uploads/raw/a b+ç.v1.mov",
            "timecodeSource": "ZEROBASED",
            "videoSelector": { "rotate": "AUTO", "colorSpace": "FOLLOW", "sampleRange": "FOLLOW" },
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
                        "width": 1280, "height": 1280, "scalingBehavior": "FIT_NO_UPSCALE",
                        "videoPreprocessors": preprocessors(),
                        "codecSettings": {
                            "codec": "H_264",
                            "h264Settings": {
                                "rateControlMode": "QVBR", "maxBitrate": 2_200_000, "qvbrSettings": { "qvbrQualityLevel": 7 },
                                "qualityTuningLevel": "SINGLE_PASS_HQ", "codecProfile": "MAIN", "codecLevel": "LEVEL_3_1",
                                "framerateControl": "SPECIFIED", "framerateNumerator": 30, "framerateDenominator": 1,
                                "numberReferenceFrames": 3, "gopSize": 90.0, "gopSizeUnits": "FRAMES",
                                "parControl": "SPECIFIED", "parNumerator": 1, "parDenominator": 1,
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
                        "width": 640, "height": 640, "scalingBehavior": "FIT_NO_UPSCALE",
                        "videoPreprocessors": preprocessors(),
                        "codecSettings": {
                            "codec": "FRAME_CAPTURE",
                            "frameCaptureSettings": { "framerateNumerator": 1, "framerateDenominator": 1, "maxCaptures": 2, "quality": 80 },
                        },
                    },
                },
            ],
        }],
    })
}

/// Returns settings that convert every input to progressive BT.709 with standard dynamic range and limited range.
fn preprocessors() -> Value {
    json!({
        "deinterlacer": { "algorithm": "INTERPOLATE", "mode": "DEINTERLACE", "control": "NORMAL" },
        "colorCorrector": {
            "colorSpaceConversion": "FORCE_709",
            "sampleRangeConversion": "LIMITED_RANGE_SQUEEZE",
            "hdrToSdrToneMapper": "PRESERVE_DETAILS",
        },
    })
}
