"""A test of the transcoder's APIs with boto3 as its client: it calls every served operation, compares each answer as
botocore parses it, and checks the services' errors as boto3's exceptions. Prints "as documented"."""

import json
import sys
import time

import boto3
from botocore.exceptions import ClientError
from media_convert import MediaConvert


class Check:
    """One sequence of calls to the API."""

    def __init__(self, wanted):
        self.stack, self.name, self.folder = wanted["stack"], wanted["name"], wanted["folder"]
        self.input, self.garbage = wanted["input"], wanted["garbage"]
        self.service = boto3.client(
            "elastictranscoder",
            endpoint_url=self.stack["transcoder_url"],
            region_name=self.stack["region"],
            aws_access_key_id=self.stack["access_key_id"],
            aws_secret_access_key=self.stack["secret_access_key"],
        )

    def run(self):
        pipeline = self.pipelines()
        self.presets()
        self.jobs(pipeline)
        self.errors(pipeline)
        self.service.delete_pipeline(Id=pipeline)
        self.refused(self.service.exceptions.ResourceNotFoundException, self.service.read_pipeline, Id=pipeline)

    def pipelines(self):
        bucket = self.stack["renditions_bucket"]
        created = self.service.create_pipeline(
            Name=self.name,
            InputBucket=bucket,
            Role=self.stack["engine_role_arn"],
            Notifications={"Progressing": "", "Completed": "", "Warning": "", "Error": ""},
            ContentConfig={"Bucket": bucket, "StorageClass": "Standard"},
            ThumbnailConfig={"Bucket": bucket, "StorageClass": "Standard"},
        )["Pipeline"]
        assert created["Name"] == self.name and created["Status"] == "Active", created
        assert created["Arn"].endswith(f":pipeline/{created['Id']}"), created
        assert self.read(created["Id"]) == created

        renamed = self.service.update_pipeline(Id=created["Id"], Name="renamed")["Pipeline"]
        assert renamed == {**created, "Name": "renamed"}, renamed
        paused = self.service.update_pipeline_status(Id=created["Id"], Status="Paused")["Pipeline"]
        assert paused["Status"] == "Paused", paused
        self.service.update_pipeline_status(Id=created["Id"], Status="Active")
        topics = {"Progressing": "", "Completed": self.stack["jobs_topic_arn"], "Warning": "", "Error": ""}
        told = self.service.update_pipeline_notifications(Id=created["Id"], Notifications=topics)["Pipeline"]
        assert told["Notifications"] == topics, told
        topics["Completed"] = ""
        self.service.update_pipeline_notifications(Id=created["Id"], Notifications=topics)
        pages = self.service.get_paginator("list_pipelines").paginate()
        ids = [pipeline["Id"] for page in pages for pipeline in page["Pipelines"]]
        assert created["Id"] in ids and self.stack["pipeline_id"] in ids, ids
        return created["Id"]

    def read(self, pipeline):
        return self.service.read_pipeline(Id=pipeline)["Pipeline"]

    def presets(self):
        pages = self.service.get_paginator("list_presets").paginate()
        listed = {preset["Id"]: preset for page in pages for preset in page["Presets"]}
        for known, name in [("1351620000001-100070", "Web"), ("1351620000001-100020", "iPhone4S")]:
            preset = self.service.read_preset(Id=known)["Preset"]
            assert preset == listed[known], preset
            assert preset["Type"] == "System" and name in preset["Name"], preset
            assert preset["Video"]["Codec"] == "H.264" and preset["Audio"]["Codec"] == "AAC", preset
        self.preset_of_ones_own(preset)

    def preset_of_ones_own(self, preset):
        wanted = {name: preset[name] for name in ("Container", "Video", "Audio", "Thumbnails")}
        wanted["Video"] = {**wanted["Video"], "SizingPolicy": "Fill", "MaxWidth": "128", "MaxHeight": "128"}
        made = self.service.create_preset(Name=self.name, Description="square", **wanted)["Preset"]
        assert made["Type"] == "Custom" and made["Video"] == wanted["Video"], made
        assert self.service.read_preset(Id=made["Id"])["Preset"] == made, made
        self.service.delete_preset(Id=made["Id"])
        known = self.service.exceptions
        self.refused(known.ResourceNotFoundException, self.service.read_preset, Id=made["Id"])
        self.refused(known.AccessDeniedException, self.service.delete_preset, Id=preset["Id"])
        wanted["Container"] = "webm"
        self.refused(known.ValidationException, self.service.create_preset, Name=self.name, **wanted)

    def jobs(self, pipeline):
        good, bad = self.create(pipeline, self.input), self.create(pipeline, self.garbage)
        good, bad = self.wait(good["Id"]), self.wait(bad["Id"])
        assert good["Status"] == "Complete" and bad["Status"] == "Error", (good, bad)
        assert good["Output"] == good["Outputs"][0] and good["Input"]["Key"] == self.input, good
        assert (good["Output"]["Width"], good["Output"]["Height"]) == (320, 240), good
        assert good["UserMetadata"] == {"made": "by boto3"}, good
        assert bad["Output"]["StatusDetail"].startswith("4000 "), bad
        timing = good["Timing"]
        assert timing["SubmitTimeMillis"] <= timing["StartTimeMillis"] <= timing["FinishTimeMillis"], timing

        pages = self.service.get_paginator("list_jobs_by_pipeline").paginate(PipelineId=pipeline, Ascending="true")
        assert [job["Id"] for page in pages for job in page["Jobs"]] == [good["Id"], bad["Id"]]
        pages = self.service.get_paginator("list_jobs_by_status").paginate(Status="Error", Ascending="false")
        assert bad["Id"] in [job["Id"] for page in pages for job in page["Jobs"]]
        self.service.get_waiter("job_complete").wait(Id=good["Id"])

    def create(self, pipeline, key):
        return self.service.create_job(
            PipelineId=pipeline,
            Input={"Key": key},
            OutputKeyPrefix=self.folder,
            Outputs=[{"Key": f"{self.name}-{time.monotonic_ns()}.mp4", "PresetId": "1351620000001-100070"}],
            UserMetadata={"made": "by boto3"},
        )["Job"]

    def wait(self, job):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            seen = self.service.read_job(Id=job)["Job"]
            if seen["Status"] in ("Complete", "Error"):
                return seen
            time.sleep(0.1)
        raise AssertionError(f"the job {job} has not ended")

    def errors(self, pipeline):
        known, missing = self.service.exceptions, "1111111111111-abcde1"
        self.refused(known.ResourceNotFoundException, self.service.read_pipeline, Id=missing)
        self.refused(known.ResourceNotFoundException, self.service.read_job, Id=missing)
        self.refused(known.ResourceNotFoundException, self.service.read_preset, Id=missing)
        self.refused(known.ResourceNotFoundException, self.service.list_jobs_by_pipeline, PipelineId=missing)
        self.refused(known.ValidationException, self.service.read_job, Id="no-identifier")
        for of, preset, kind, says in [
            (pipeline, "web", known.ValidationException, "presetId"),
            (pipeline, "1351620000001-999999", known.ResourceNotFoundException, "preset"),
            (missing, "1351620000001-100070", known.ResourceNotFoundException, "pipeline"),
        ]:
            outputs = [{"Key": "a.mp4", "PresetId": preset}]
            job = {"PipelineId": of, "Input": {"Key": "a.mp4"}, "Outputs": outputs}
            assert says in self.refused(kind, self.service.create_job, **job)
        self.refused(known.ValidationException, self.service.update_pipeline_status, Id=pipeline, Status="Gone")
        self.refused(known.ValidationException, self.service.list_jobs_by_status, Status="Gone")
        self.refused(known.ValidationException, self.service.update_pipeline, Id=pipeline, InputBucket="a bucket")

    @staticmethod
    def refused(kind, operation, **arguments):
        try:
            answer = operation(**arguments)
        except ClientError as error:
            assert type(error) is kind, repr(error)
            message = error.response["Error"]["Message"]
            assert message, error.response
            return message
        else:
            raise AssertionError(f"an invalid request was accepted: {answer}")


WANTED = json.load(sys.stdin)
Check(WANTED).run()
MediaConvert(WANTED).run()
print("as documented")
