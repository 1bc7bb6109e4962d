"""A test of MediaConvert's API with boto3 as its client: a part of `transcoder.py`."""

import time

import boto3
from botocore.exceptions import ClientError


class MediaConvert:
    """One sequence of calls to the API."""

    def __init__(self, wanted):
        self.stack, self.name, self.folder = wanted["stack"], wanted["name"], wanted["folder"]
        self.input, self.garbage = wanted["input"], wanted["garbage"]
        self.service = boto3.client(
            "mediaconvert",
            endpoint_url=self.stack["transcoder_url"],
            region_name=self.stack["region"],
            aws_access_key_id=self.stack["access_key_id"],
            aws_secret_access_key=self.stack["secret_access_key"],
        )

    def run(self):
        arn = self.queue()
        self.jobs()
        self.tags(arn)
        self.errors()
        self.service.delete_queue(Name=self.name)
        self.refused(self.service.exceptions.NotFoundException, self.service.get_queue, Name=self.name)

    def queue(self):
        made = self.service.create_queue(Name=self.name, Tags={"stage": "local"})["Queue"]
        assert made["Status"] == "ACTIVE" and made["PricingPlan"] == "ON_DEMAND" and made["Type"] == "CUSTOM", made
        assert self.service.get_queue(Name=self.name)["Queue"] == made, made
        paused = self.service.update_queue(Name=self.name, Status="PAUSED", Description="d")["Queue"]
        assert paused["Status"] == "PAUSED" and paused["Description"] == "d", paused
        self.service.update_queue(Name=self.name, Status="ACTIVE")
        pages = self.service.get_paginator("list_queues").paginate()
        names = [queue["Name"] for page in pages for queue in page["Queues"]]
        assert {self.name, "Default"} <= set(names), names
        return made["Arn"]

    def jobs(self):
        token = f"{self.name}-1"
        good, bad = self.create(self.input, token), self.create(self.garbage, f"{self.name}-2")
        assert self.create(self.input, token)["Id"] == good["Id"], "a repeated token must return the same job"
        good, bad = self.wait(good["Id"]), self.wait(bad["Id"])
        assert (good["Status"], bad["Status"], bad["ErrorCode"]) == ("COMPLETE", "ERROR", 1010), (good, bad)
        details = [group["OutputDetails"][0]["VideoDetails"] for group in good["OutputGroupDetails"]]
        assert details == [{"WidthInPx": 320, "HeightInPx": 240}, {"WidthInPx": 144, "HeightInPx": 108}], details
        assert good["UserMetadata"] == {"made": "by boto3"}, good
        timing = good["Timing"]
        assert timing["SubmitTime"] <= timing["StartTime"] <= timing["FinishTime"], timing
        pages = self.service.get_paginator("list_jobs").paginate(Queue=self.name, Order="ASCENDING")
        assert [job["Id"] for page in pages for job in page["Jobs"]] == [good["Id"], bad["Id"]]
        self.refused(self.service.exceptions.ConflictException, self.service.cancel_job, Id=good["Id"])

    def tags(self, arn):
        self.service.tag_resource(Arn=arn, Tags={"owner": "us"})
        self.service.untag_resource(Arn=arn, TagKeys=["stage"])
        tags = self.service.list_tags_for_resource(Arn=arn)["ResourceTags"]
        assert tags == {"Arn": arn, "Tags": {"owner": "us"}}, tags

    def errors(self):
        known = self.service.exceptions
        self.refused(known.NotFoundException, self.service.get_job, Id="1111111111111-abcde1")
        self.refused(known.BadRequestException, self.create, self.input, "x", UserMetadata={"made": "by & by"})
        self.refused(known.ConflictException, self.service.create_queue, Name=self.name)
        self.refused(known.ForbiddenException, self.service.delete_queue, Name="Default")

    def create(self, key, token, **others):
        bucket = self.stack["renditions_bucket"]
        to = f"s3://{bucket}/{self.folder}{token}"
        settings = {
            "Inputs": [
                {
                    "FileInput": f"s3://{bucket}/{key}",
                    "TimecodeSource": "ZEROBASED",
                    "VideoSelector": {"Rotate": "AUTO"},
                    "AudioSelectors": {"Audio Selector 1": {"DefaultSelection": "DEFAULT"}},
                }
            ],
            "OutputGroups": [self.group(to, WEB), self.group(to, POSTER)],
        }
        asked = {"UserMetadata": {"made": "by boto3"}, **others}
        role = self.stack["engine_role_arn"]
        return self.service.create_job(
            Role=role, Queue=self.name, Settings=settings, ClientRequestToken=token, **asked
        )["Job"]

    @staticmethod
    def group(to, output):
        settings = {"Type": "FILE_GROUP_SETTINGS", "FileGroupSettings": {"Destination": to}}
        return {"OutputGroupSettings": settings, "Outputs": [output]}

    def wait(self, job):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            seen = self.service.get_job(Id=job)["Job"]
            if seen["Status"] in ("COMPLETE", "ERROR"):
                return seen
            time.sleep(0.1)
        raise AssertionError(f"the job {job} has not ended")

    @staticmethod
    def refused(kind, operation, *values, **arguments):
        try:
            answer = operation(*values, **arguments)
        except ClientError as error:
            assert type(error) is kind, repr(error)
            assert error.response["Error"]["Message"], error.response
        else:
            raise AssertionError(f"an invalid request was accepted: {answer}")


WEB = {
    "ContainerSettings": {"Container": "MP4"},
    "VideoDescription": {
        "Width": 1280,
        "Height": 720,
        "ScalingBehavior": "FIT_NO_UPSCALE",
        "CodecSettings": {
            "Codec": "H_264",
            "H264Settings": {
                "RateControlMode": "QVBR",
                "MaxBitrate": 2200000,
                "QvbrSettings": {"QvbrQualityLevel": 7},
                "CodecProfile": "MAIN",
                "CodecLevel": "LEVEL_3_1",
                "FramerateControl": "SPECIFIED",
                "FramerateNumerator": 30,
                "FramerateDenominator": 1,
                "NumberReferenceFrames": 3,
                "GopSize": 90,
                "GopSizeUnits": "FRAMES",
            },
        },
    },
    "AudioDescriptions": [
        {
            "AudioSourceName": "Audio Selector 1",
            "CodecSettings": {
                "Codec": "AAC",
                "AacSettings": {
                    "Bitrate": 160000,
                    "CodecProfile": "LC",
                    "CodingMode": "CODING_MODE_2_0",
                    "SampleRate": 44100,
                },
            },
        }
    ],
}

POSTER = {
    "ContainerSettings": {"Container": "RAW"},
    "NameModifier": "-poster",
    "VideoDescription": {
        "Width": 192,
        "Height": 108,
        "ScalingBehavior": "FIT_NO_UPSCALE",
        "CodecSettings": {
            "Codec": "FRAME_CAPTURE",
            "FrameCaptureSettings": {"FramerateNumerator": 1, "FramerateDenominator": 60, "MaxCaptures": 1, "Quality": 80},
        },
    },
}
