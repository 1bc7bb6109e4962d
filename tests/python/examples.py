"""Valid requests for each operation that the transcoder serves. Together they use every member that is served.

A member that is served only if it requests nothing is empty. A `$name` stands for an existing resource
(`conformance.py`)."""

TOPIC = "arn:aws:sns:us-east-1:000000000000:jobs"
ROLE = "arn:aws:iam::000000000000:role/transcoder"
QUEUE = "arn:aws:mediaconvert:us-east-1:000000000000:queues/$queue"

NOTIFICATIONS = {"Progressing": "", "Completed": TOPIC, "Warning": "", "Error": TOPIC}

DESTINATION = {
    "Bucket": "renditions",
    "StorageClass": "Standard",
    "Permissions": [{"GranteeType": "Group", "Grantee": "AuthenticatedUsers", "Access": ["Read"]}],
}

PIPELINE = {
    "Name": "responses",
    "InputBucket": "uploads",
    "Role": ROLE,
    "AwsKmsKeyArn": "",
    "Notifications": NOTIFICATIONS,
    "ContentConfig": DESTINATION,
    "ThumbnailConfig": DESTINATION,
}

PRESET = {
    "Name": "square",
    "Description": "a square",
    "Container": "mp4",
    "Video": {
        "Codec": "H.264",
        "CodecOptions": {"Profile": "main", "Level": "3.1", "MaxReferenceFrames": "3"},
        "KeyframesMaxDist": "90",
        "FixedGOP": "false",
        "BitRate": "2200",
        "FrameRate": "auto",
        "MaxFrameRate": "30",
        "MaxWidth": "1280",
        "MaxHeight": "720",
        "DisplayAspectRatio": "auto",
        "SizingPolicy": "ShrinkToFit",
        "PaddingPolicy": "NoPad",
        "Watermarks": [],
    },
    "Audio": {
        "Codec": "AAC",
        "SampleRate": "44100",
        "BitRate": "160",
        "Channels": "2",
        "AudioPackingMode": "SingleTrack",
        "CodecOptions": {"Profile": "AAC-LC"},
    },
    "Thumbnails": {
        "Format": "png",
        "Interval": "60",
        "MaxWidth": "192",
        "MaxHeight": "108",
        "SizingPolicy": "ShrinkToFit",
        "PaddingPolicy": "NoPad",
    },
}

INPUT = {
    "Key": "a b+ç.mov",
    "FrameRate": "auto",
    "Resolution": "auto",
    "AspectRatio": "auto",
    "Interlaced": "auto",
    "Container": "auto",
    "TimeSpan": {"StartTime": "0", "Duration": "10800.000"},
    "Encryption": {},
    "InputCaptions": {},
    "DetectedProperties": {},
}

OUTPUT = {
    "Key": "a.mp4",
    "ThumbnailPattern": "a-{count}",
    "Rotate": "auto",
    "PresetId": "1351620000001-100070",
    "ThumbnailEncryption": {},
    "Watermarks": [],
    "AlbumArt": {},
    "Composition": [],
    "Captions": {},
    "Encryption": {},
}

JOB = {"PipelineId": "$pipeline", "OutputKeyPrefix": "output/", "Playlists": [], "UserMetadata": {"take": "0"}}

PAGE = {"Ascending": "true", "PageToken": "1351620000001-100070"}

ELASTIC_TRANSCODER = {
    "CreatePipeline": [PIPELINE, {"Name": "responses", "InputBucket": "uploads", "OutputBucket": "renditions", "Role": ROLE}],
    "ListPipelines": PAGE,
    "ReadPipeline": {"Id": "$pipeline"},
    "UpdatePipeline": {"Id": "$pipeline", **PIPELINE},
    "UpdatePipelineStatus": {"Id": "$pipeline", "Status": "Paused"},
    "UpdatePipelineNotifications": {"Id": "$pipeline", "Notifications": NOTIFICATIONS},
    "DeletePipeline": {"Id": "$pipeline"},
    "CreatePreset": PRESET,
    "ListPresets": PAGE,
    "ReadPreset": {"Id": "$preset"},
    "DeletePreset": {"Id": "$preset"},
    "CreateJob": [{**JOB, "Inputs": [INPUT], "Outputs": [OUTPUT]}, {**JOB, "Input": INPUT, "Output": OUTPUT}],
    "ReadJob": {"Id": "$job"},
    "CancelJob": {"Id": "$job"},
    "ListJobsByPipeline": {"PipelineId": "$pipeline", **PAGE},
    "ListJobsByStatus": {"Status": "Submitted", **PAGE},
}

PREPROCESSORS = {
    "colorCorrector": {
        "colorSpaceConversion": "FORCE_709",
        "sampleRangeConversion": "LIMITED_RANGE_SQUEEZE",
        "hdrToSdrToneMapper": "PRESERVE_DETAILS",
    },
    "deinterlacer": {"algorithm": "INTERPOLATE", "mode": "DEINTERLACE", "control": "NORMAL"},
}

H264 = {
    "bitrate": 2_000_000,
    "maxBitrate": 2_200_000,
    "hrdBufferSize": 4_400_000,
    "rateControlMode": "QVBR",
    "qvbrSettings": {"qvbrQualityLevel": 7},
    "qualityTuningLevel": "SINGLE_PASS_HQ",
    "codecProfile": "MAIN",
    "codecLevel": "LEVEL_3_1",
    "framerateControl": "SPECIFIED",
    "framerateNumerator": 30,
    "framerateDenominator": 1,
    "framerateConversionAlgorithm": "DUPLICATE_DROP",
    "numberReferenceFrames": 3,
    "gopSize": 90.0,
    "gopSizeUnits": "FRAMES",
    "sceneChangeDetect": "ENABLED",
    "interlaceMode": "PROGRESSIVE",
    "parControl": "SPECIFIED",
    "parNumerator": 1,
    "parDenominator": 1,
    "adaptiveQuantization": "HIGH",
    "spatialAdaptiveQuantization": "ENABLED",
    "temporalAdaptiveQuantization": "ENABLED",
    "flickerAdaptiveQuantization": "DISABLED",
    "entropyEncoding": "CABAC",
    "numberBFramesBetweenReferenceFrames": 2,
    "gopBReference": "DISABLED",
    "gopClosedCadence": 1,
    "dynamicSubGop": "STATIC",
    "minIInterval": 0,
    "slices": 1,
    "softness": 0,
    "syntax": "DEFAULT",
}

WEB = {
    "containerSettings": {
        "container": "MP4",
        "mp4Settings": {"moovPlacement": "PROGRESSIVE_DOWNLOAD", "cslgAtom": "INCLUDE", "freeSpaceBox": "EXCLUDE"},
    },
    "nameModifier": "-web",
    "extension": "mp4",
    "videoDescription": {
        "width": 1280,
        "height": 1280,
        "scalingBehavior": "FIT_NO_UPSCALE",
        "videoPreprocessors": PREPROCESSORS,
        "antiAlias": "ENABLED",
        "sharpness": 50,
        "timecodeInsertion": "DISABLED",
        "colorMetadata": "INSERT",
        "respondToAfd": "NONE",
        "afdSignaling": "NONE",
        "dropFrameTimecode": "ENABLED",
        "codecSettings": {"codec": "H_264", "h264Settings": H264},
    },
    "audioDescriptions": [
        {
            "audioSourceName": "Audio Selector 1",
            "codecSettings": {
                "codec": "AAC",
                "aacSettings": {
                    "bitrate": 160_000,
                    "sampleRate": 44_100,
                    "codingMode": "CODING_MODE_2_0",
                    "codecProfile": "LC",
                    "rateControlMode": "CBR",
                    "rawFormat": "NONE",
                    "specification": "MPEG4",
                },
            },
        }
    ],
}

POSTER = {
    "containerSettings": {"container": "RAW"},
    "nameModifier": "-poster",
    "videoDescription": {
        "width": 640,
        "height": 640,
        "codecSettings": {
            "codec": "FRAME_CAPTURE",
            "frameCaptureSettings": {"framerateNumerator": 1, "framerateDenominator": 1, "maxCaptures": 2, "quality": 80},
        },
    },
}

SETTINGS = {
    "timecodeConfig": {"source": "ZEROBASED"},
    "adAvailOffset": 0,
    "followSource": 1,
    "inputs": [
        {
            "fileInput": "s3://uploads/raw/a b+ç.v1.mov",
            "timecodeSource": "ZEROBASED",
            "videoSelector": {"rotate": "AUTO", "colorSpace": "FOLLOW", "sampleRange": "FOLLOW"},
            "audioSelectors": {"Audio Selector 1": {"defaultSelection": "DEFAULT"}},
            "inputClippings": [{"endTimecode": "00:59:59:29"}],
            "inputScanType": "AUTO",
            "filterEnable": "AUTO",
            "deblockFilter": "DISABLED",
            "denoiseFilter": "DISABLED",
            "psiControl": "USE_PSI",
        }
    ],
    "outputGroups": [
        {
            "name": "File Group",
            "customName": "web",
            "outputGroupSettings": {
                "type": "FILE_GROUP_SETTINGS",
                "fileGroupSettings": {"destination": "s3://renditions/output/web/take-1"},
            },
            "outputs": [WEB, POSTER],
        }
    ],
}

MEDIA_CONVERT = {
    "CreateJob": {
        "role": ROLE,
        "queue": QUEUE,
        "settings": SETTINGS,
        "userMetadata": {"take": "0"},
        "statusUpdateInterval": "SECONDS_60",
        "tags": {"stage": "local"},
        "priority": 0,
        "billingTagsSource": "QUEUE",
        "clientRequestToken": "$unique",
    },
    "GetJob": {"id": "$job"},
    "CancelJob": {"id": "$job"},
    "ListJobs": {"queue": "$queue", "status": "SUBMITTED", "order": "ASCENDING", "maxResults": 20, "nextToken": "$job"},
    "Probe": {"inputFiles": [{"fileUrl": "s3://uploads/video.mp4"}]},
    "CreateQueue": {
        "name": "$unique",
        "description": "of the responses",
        "status": "ACTIVE",
        "pricingPlan": "ON_DEMAND",
        "tags": {"stage": "local"},
    },
    "GetQueue": {"name": "$queue"},
    "ListQueues": {"order": "ASCENDING", "maxResults": 20, "nextToken": "$queue"},
    "UpdateQueue": {"name": "$queue", "description": "of the responses", "status": "PAUSED"},
    "DeleteQueue": {"name": "$queue"},
    "TagResource": {"arn": QUEUE, "tags": {"owner": "us"}},
    "UntagResource": {"arn": QUEUE, "tagKeys": ["stage"]},
    "ListTagsForResource": {"arn": QUEUE},
}


def listed(examples):
    return {name: found if isinstance(found, list) else [found] for name, found in examples.items()}


EXAMPLES = {"elastictranscoder": listed(ELASTIC_TRANSCODER), "mediaconvert": listed(MEDIA_CONVERT)}

# For each `$name`: the operation that creates the resource, and the pointer to the name in its answer.
FIXTURES = {
    "elastictranscoder": {
        "pipeline": ("CreatePipeline", "/Pipeline/Id"),
        "preset": ("CreatePreset", "/Preset/Id"),
        "job": ("CreateJob", "/Job/Id"),
    },
    "mediaconvert": {"queue": ("CreateQueue", "/queue/name"), "job": ("CreateJob", "/job/id")},
}

# For members with more values in the model than are served: the served values besides the example's own. The key is
# the member's name, optionally with its parent's name. Other values of the model are rejected with an error that names
# them.
SERVED = {
    "elastictranscoder": {
        "Container": [],
        "Input.Container": None,
        "Inputs.Container": None,
        "Video.Codec": [],
        "CodecOptions.Profile": ["auto"],
        "CodecOptions.Level": [],
        "CodecOptions.MaxReferenceFrames": [],
        # With MaxFrameRate only "auto" is allowed.
        "Video.FrameRate": [],
        "DisplayAspectRatio": [],
        "Audio.Codec": [],
        "Audio.SampleRate": ["auto", "22050", "32000", "48000", "96000"],
        "AudioPackingMode": [],
    },
    "mediaconvert": {
        "adAvailOffset": [],
        "followSource": [],
        "priority": [],
        "pricingPlan": [],
        "timecodeSource": [],
        "colorSpace": [],
        "sampleRange": [],
        "inputScanType": [],
        "filterEnable": [],
        "deblockFilter": [],
        "denoiseFilter": [],
        "outputGroupSettings.type": [],
        "container": [],
        "moovPlacement": [],
        "codec": [],
        "scalingBehavior": ["DEFAULT", "FIT", "FILL", "STRETCH_TO_OUTPUT"],
        "colorSpaceConversion": ["NONE"],
        "sampleRangeConversion": ["NONE"],
        "deinterlacer.mode": [],
        "deinterlacer.control": [],
        "timecodeInsertion": [],
        "respondToAfd": [],
        "afdSignaling": [],
        # QVBR excludes SINGLE_PASS.
        "qualityTuningLevel": ["MULTI_PASS_HQ"],
        "h264Settings.codecProfile": ["BASELINE", "HIGH"],
        "framerateConversionAlgorithm": [],
        # AUTO excludes gopSize.
        "gopSizeUnits": ["SECONDS"],
        "interlaceMode": [],
        "parNumerator": [],
        "parDenominator": [],
        # It names a selector.
        "audioSourceName": [],
        "aacSettings.codecProfile": [],
        "aacSettings.rateControlMode": [],
        "codingMode": ["CODING_MODE_1_0"],
        "rawFormat": [],
        "specification": [],
    },
}

# Members that are optional in the models but required by the services, at least in these examples: no case omits them.
NEEDED = {
    "elastictranscoder": {
        *("ContentConfig", "ThumbnailConfig", "OutputBucket", "Bucket"),
        *("Input", "Inputs", "Output", "Outputs", "Key", "PresetId"),
        *("Codec", "CodecOptions", "Profile", "Level", "MaxReferenceFrames", "KeyframesMaxDist", "FixedGOP", "BitRate"),
        *("FrameRate", "MaxWidth", "MaxHeight", "SizingPolicy", "PaddingPolicy", "SampleRate", "Channels"),
        *("Format", "Interval"),
    },
    "mediaconvert": {
        *("inputs", "fileInput", "timecodeSource", "audioSelectors", "endTimecode", "inputFiles", "fileUrl"),
        *("outputGroups", "outputGroupSettings", "type", "fileGroupSettings", "destination", "outputs"),
        *("containerSettings", "container", "nameModifier", "videoDescription", "width", "height", "codecSettings"),
        *("codec", "h264Settings", "frameCaptureSettings", "aacSettings", "bitrate", "maxBitrate", "sampleRate"),
        *("codingMode", "framerateNumerator", "framerateDenominator", "gopSize", "gopSizeUnits"),
    },
}
